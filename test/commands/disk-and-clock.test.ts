import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { boot } from '../../src/commands/boot.ts';
import { readStatus } from '../../src/engine/status-file.ts';
import { BusyError } from '../../src/errors.ts';
import { exitCodeOf } from '../../src/exit-code.ts';
import { machineTree } from './machine-tree.ts';
import { changedSteps, Disk } from './same-disk.ts';
import { boots, surroundingsOf, told, withFiles } from './trial-boot.ts';

describe('two agents at once', () => {
  it('the second does nothing, and says who is at work; the first is not disturbed', async () => {
    const surroundings = await surroundingsOf();
    const signal = new AbortController().signal;
    let second: Promise<unknown> | undefined;
    let untouched: unknown;
    const first = await boots(surroundings, {
      listeners: [
        (event) => {
          if (event.type !== 'plan-made') return;
          second = boot(surroundings, { agentVersion: '9', listeners: [], signal }).catch(
            (error) => error,
          );
          untouched = readStatus(surroundings.host.files).then((status) => status?.agentVersion);
        },
      ],
    });
    const refused = (await second) as BusyError;
    expect(refused).toBeInstanceOf(BusyError);
    expect(refused.message).toMatch(
      new RegExp(`process ${process.pid}, since \\d{4}-.*Z\\. Nothing was done\\.`),
    );
    expect(exitCodeOf(refused)).toBe(75);
    expect(await untouched).toBe('0');
    expect([first.exitCode, told(surroundings)]).toEqual([0, ['CONTINUE']]);
    // Released at its end.
    expect((await boots(surroundings)).exitCode).toBe(0);
  });

  it('where the lock cannot be taken the node boots all the same, with a warning', async () => {
    const surroundings = await surroundingsOf();
    const lock = () => {
      throw new Error('no /proc');
    };
    const result = await boots({ ...surroundings, host: { ...surroundings.host, lock } });
    expect(result.exitCode).toBe(0);
    expect(result.events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('no /proc') }),
    );
  });
});

describe('a disk', () => {
  const fullSoon = '{ disk_bytes_free: 6000 }';

  it.each([
    ['full from the start', '{ disk_bytes_free: 0 }', /no space left/],
    ['full after the first lines of the journal', fullSoon, /no space left/],
    ['with a read-only /var', '{ read_only: [/var] }', /journal.*read-only/],
  ])('%s: nothing is changed unrecorded, and the group hears why', async (_what, machine, why) => {
    const surroundings = await surroundingsOf(`machine: ${machine}\n`);
    const before = machineTree(surroundings.simulation.root);
    const result = await boots(surroundings);
    expect([result.exitCode, result.verdict.because]).toEqual([1, expect.stringMatching(why)]);
    expect(result.verdict.because).toMatch(/launch template|findmnt/);
    expect(told(surroundings)).toEqual(['ABANDON']);
    if (machine === fullSoon) return;
    const after = machineTree(surroundings.simulation.root).filter(
      (line) => !/^(var|run)\b/.test(line),
    );
    expect(after).toEqual(before.filter((line) => !/^(var|run)\b/.test(line)));
  });

  it('that refuses a line of the journal in the middle: no step changes anything after it', async () => {
    const surroundings = await surroundingsOf();
    const { files } = surroundings.host;
    let lines = 0;
    const openLog = async (path: string) => {
      const log = await files.openLog(path);
      const append = (line: string) => {
        lines += 1;
        if (lines > 12) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        log.append(line);
      };
      return { append, flushed: () => log.flushed(), close: () => log.close() };
    };
    const result = await boots(withFiles(surroundings, { openLog }));
    expect(result.verdict.result).toBe('ABANDON');
    expect(told(surroundings)).toEqual(['ABANDON']);
    const text = String(await files.read(await journalOf(files)));
    const entries = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const recorded = entries.flatMap(({ type, step }) => (type === 'step-applying' ? [step] : []));
    expect(recorded.length).toBeGreaterThan(0);
    for (const id of changedSteps(result)) expect(recorded).toContain(id);
  });
});

async function journalOf(files: { list(path: string): Promise<string[]> }): Promise<string> {
  const folder = '/var/lib/bootstrap-agent/journal';
  const [instance] = await files.list(folder);
  const [name] = await files.list(`${folder}/${instance}`);
  return `${folder}/${instance}/${name}`;
}

describe('a clock that jumps in the middle of a boot', () => {
  const hour = 3_600_000;

  it.each([
    ['forward', hour],
    ['back', -hour],
  ])('an hour %s: the same machine, and the next start is told right', async (_which, jump) => {
    const disk = new Disk();
    const instance = await disk.launch();
    let offset = 0;
    const clock: Clock = {
      now: () => instance.clock.now() + offset,
      monotonic: () => instance.clock.monotonic(),
      sleep: (ms, signal) => instance.clock.sleep(ms, signal),
    };
    const result = await boots(
      { ...instance, clock },
      {
        listeners: [
          (event) => {
            if (event.type === 'step-applying') offset = jump;
          },
        ],
      },
    );
    expect([result.exitCode, told(instance)]).toEqual([0, ['CONTINUE']]);
    const elapsed = result.events.map((event) => event.elapsed);
    expect(elapsed).toEqual([...elapsed].sort((a, b) => a - b));
    for (const event of result.events)
      if (event.type === 'step-finished') expect(event.ms).toBeLessThan(hour / 2);

    const straight = await surroundingsOf();
    await boots(straight);
    expect(machineTree(disk.root)).toEqual(machineTree(straight.simulation.root));
    // Back in time: later than the last run all the same.
    const again = await boots(await disk.powerOn(instance));
    expect([again.exitCode, again.record.start?.kind]).toEqual([0, 'reboot']);
    expect(changedSteps(again)).not.toContain('packages');
    const third = await boots(await disk.powerOn(instance));
    expect(third.record.start?.because).not.toContain('exit code');
  });
});
