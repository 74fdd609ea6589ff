import { describe, expect, test } from 'vitest';
import { renderTimeline } from '../../src/engine/render-timeline.ts';
import { criticalPath, timelineDocument, timelineFrom } from '../../src/engine/timeline.ts';
import { badBoot, eventsAt, goodBoot } from './events-of-a-boot.ts';

const plain = { colour: false, width: 100 };
const names = (bars: readonly { name: string }[]) => bars.map(({ name }) => name);

describe('made from events', () => {
  test('every part of the boot, where it lies in time', () => {
    const timeline = timelineFrom(goodBoot);
    expect(timeline).toMatchObject({
      simulated: true,
      instanceId: 'i-0abc',
      class: 'tomcat',
      result: 'CONTINUE',
      totalMs: 1160,
      skipped: [],
    });
    expect(
      timeline.bars.map(({ name, startMs, endMs, outcome }) => [name, startMs, endMs, outcome]),
    ).toEqual([
      ['metadata', 2, 14, '7 requests'],
      ['identity', 2, 20, 'tomcat'],
      ['role and plan', 20, 40, '4 steps'],
      ['sysctl', 41, 43, 'unchanged'],
      ['artifact:shop', 42, 700, 'changed'],
      ['file:/etc/shop.conf', 44, 60, 'changed'],
      ['service:shop.service', 700, 800, 'changed'],
      ['http:8080', 800, 1100, 'healthy'],
      ['launch hook', 1101, 1151, 'CONTINUE'],
    ]);
    expect(timeline.bars.find(({ name }) => name === 'artifact:shop')?.retries).toBe(1);
  });

  test('the critical path is what held up the last step, and all around it', () => {
    expect(names(criticalPath(timelineFrom(goodBoot)))).toEqual([
      'metadata',
      'identity',
      'role and plan',
      'artifact:shop',
      'service:shop.service',
      'http:8080',
      'launch hook',
    ]);
  });

  test('a failed boot: the critical path ends at the first failure; what never began is listed', () => {
    const timeline = timelineFrom(badBoot);
    expect(names(criticalPath(timeline)).at(-1)).toBe('artifact:shop');
    expect(timeline.skipped).toEqual(['service:shop.service']);
    expect(names(timeline.bars)).not.toContain('launch hook');
  });

  test('a boot that was cut off: what was at work ends with the last event', () => {
    const cut = timelineFrom(goodBoot.filter(({ elapsed }) => elapsed <= 400));
    expect(cut.result).toBeUndefined();
    expect(cut.bars.find(({ name }) => name === 'artifact:shop')).toMatchObject({
      endMs: 400,
      outcome: 'unfinished',
    });
  });

  test('a boot that got no plan, or no identity: that part lasts until the verdict', () => {
    const started = goodBoot.slice(0, 1);
    const ending = eventsAt([900, { type: 'verdict', result: 'ABANDON', because: 'no' }]);
    expect(timelineFrom([...goodBoot.slice(0, 5), ...ending]).bars.at(-1)).toMatchObject({
      name: 'role and plan',
      startMs: 20,
      endMs: 900,
      outcome: 'failed',
    });
    expect(timelineFrom([...started, ...ending]).bars).toMatchObject([
      { name: 'identity', startMs: 0, endMs: 900, outcome: 'failed' },
    ]);
    const cut = eventsAt([70, { type: 'warning', message: 'x' }]);
    expect(timelineFrom([...started, ...cut]).bars).toMatchObject([
      { name: 'identity', endMs: 70, outcome: 'unfinished' },
    ]);
  });

  test('a probe that was never healthy lasts until the verdict', () => {
    const timeline = timelineFrom(
      eventsAt(
        [10, { type: 'step-finished', step: 'a', outcome: 'unchanged', ms: 1 }],
        [
          20,
          { type: 'probe-answered', probe: 'tcp', ok: false, detail: 'no', inARow: 0, wanted: 2 },
        ],
        [90, { type: 'verdict', result: 'ABANDON', because: 'no' }],
        [95, { type: 'boot-finished', exitCode: 1, ms: 95 }],
      ),
    );
    expect(timeline.bars).toMatchObject([
      { name: 'tcp', startMs: 10, endMs: 90, outcome: 'not healthy', critical: true },
    ]);
  });

  test('no events: an empty timeline, which can be drawn', () => {
    expect(timelineFrom([])).toEqual({
      simulated: false,
      totalMs: 0,
      fromMs: 0,
      toMs: 0,
      bars: [],
      skipped: [],
    });
    expect(renderTimeline(timelineFrom([]), plain)).toContain('boot: no verdict after 0 ms');
  });

  test('the document for machines names the critical path', () => {
    const document = JSON.parse(JSON.stringify(timelineDocument(timelineFrom(goodBoot))));
    expect(document.criticalPath).toContain('artifact:shop');
    expect(document.bars).toHaveLength(9);
  });
});

describe('drawn', () => {
  test('a good boot', () => {
    expect(renderTimeline(timelineFrom(goodBoot), plain)).toMatchInlineSnapshot(`
      "simulated boot of i-0abc as tomcat: CONTINUE after 1.16 s

                                                      0       0.2 s    0.4 s   0.6 s    0.8 s    1 s
       * metadata             7 requests        12 ms ▋       ┊        ┊       ┊        ┊        ┊
       * identity             tomcat            18 ms ▉       ┊        ┊       ┊        ┊        ┊
       * role and plan        4 steps           20 ms ▕▊      ┊        ┊       ┊        ┊        ┊
         sysctl               unchanged          2 ms ┊▕      ┊        ┊       ┊        ┊        ┊
       * artifact:shop        changed          658 ms ┊▕████████████████████████████▏   ┊        ┊
         file:/etc/shop.conf  changed           16 ms ┊▕▋     ┊        ┊       ┊        ┊        ┊
       * service:shop.service changed          100 ms ┊       ┊        ┊       ┊    ▐███▌        ┊
       * http:8080            healthy          300 ms ┊       ┊        ┊       ┊        ▐████████████▍
       * launch hook          CONTINUE          50 ms ┊       ┊        ┊       ┊        ┊        ┊   ▐█▋

       * critical path: metadata 12 ms > identity 18 ms > role and plan 20 ms > artifact:shop 658 ms >
                        service:shop.service 100 ms > http:8080 300 ms > launch hook 50 ms
         waited: 300 ms in http:8080 for the application (connection refused on port 8080: nothing listen…
                 120 ms in artifact:shop for another try (503 SlowDown)
                 40 ms in launch hook for the network (autoscaling CompleteLifecycleAction)
                 12 ms in metadata for the network (metadata service)
         tried again: artifact:shop 1 x
      "
    `);
  });

  test('a failed boot', () => {
    expect(renderTimeline(timelineFrom(badBoot), plain)).toMatchInlineSnapshot(`
      "simulated boot of i-0abc as tomcat: ABANDON after 100 ms

                                               0          20 ms      40 ms       60 ms      80 ms
       * metadata      7 requests        12 ms ┊▐██████   ┊          ┊           ┊          ┊
       * identity      tomcat            18 ms ┊▐█████████▍          ┊           ┊          ┊
       * role and plan 4 steps           20 ms ┊          ▐██████████▊           ┊          ┊
         sysctl        stopped           54 ms ┊          ┊          ┊▐██████████████████████████████▏
       * artifact:shop failed            49 ms ┊          ┊          ┊▐███████████████████████████▎

       * critical path: metadata 12 ms > identity 18 ms > role and plan 20 ms > artifact:shop 49 ms
         waited: 12 ms in metadata for the network (metadata service)
         skipped: service:shop.service
         because: artifact:shop: sha256 differs
      "
    `);
  });

  test.each([60, 80, 100, 140])('never wider than %d columns', (width) => {
    const long = timelineFrom([
      ...goodBoot,
      ...eventsAt(
        [1170, { type: 'step-started', step: `file:/etc/${'long/'.repeat(40)}name` }],
        [1180, { type: 'verdict', result: 'ABANDON', because: 'word '.repeat(50) }],
        [754_000, { type: 'boot-finished', exitCode: 1, ms: 754_000 }],
      ),
    ]);
    const lines = renderTimeline(long, { colour: false, width }).split('\n');
    for (const line of lines.slice(2).filter((text) => !text.includes('critical path')))
      expect(line.length).toBeLessThanOrEqual(width);
    expect(lines.some((line) => line.includes('…') && line.includes('name'))).toBe(true);
  });

  test('every bar can be seen and lies inside the chart', () => {
    const drawing = renderTimeline(timelineFrom(goodBoot), plain);
    const rows = drawing.split('\n').filter((line) => line.includes('┊'));
    expect(rows).toHaveLength(9);
    for (const line of rows) expect(line).toMatch(/[▏▎▍▌▋▊▉█▐▕]/u);
  });

  test('colours only when asked for, and they change nothing else', () => {
    const timeline = timelineFrom(goodBoot);
    const coloured = renderTimeline(timeline, { ...plain, colour: true });
    expect(coloured).toContain('\u001b[32mCONTINUE\u001b[0m');
    const esc = String.fromCharCode(27);
    const bare = coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '');
    const trimmed = bare.split('\n').map((line) => line.trimEnd());
    expect(trimmed.join('\n')).toBe(renderTimeline(timeline, plain));
  });

  test.each([
    [5, '0    1 ms'],
    [90_000, '0         20 s'],
    [3_000_000, '500 s     1000 s'],
  ])('ticks of round numbers for %d ms', (ms, expected) => {
    const events = eventsAt([ms, { type: 'boot-finished', exitCode: 0, ms }]);
    const scale = renderTimeline(timelineFrom(events), plain).split('\n')[2] ?? '';
    expect(scale.trim().replace(/\s{3,}/g, '   ')).toContain(expected.replace(/\s{3,}/g, '   '));
  });
});
