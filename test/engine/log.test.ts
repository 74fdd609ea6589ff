import { describe, expect, test } from 'vitest';
import { type LogOptions, logListener } from '../../src/engine/log.ts';
import { bytesOf, duration } from '../../src/engine/sentence.ts';
import type { Event } from '../../src/events.ts';
import { badBoot, goodBoot, rareEvents } from './events-of-a-boot.ts';

async function logged(events: readonly Event[], options: Omit<LogOptions, 'write'>) {
  let text = '';
  const log = logListener({
    ...options,
    write: (more) => {
      text += more;
    },
  });
  events.slice(0, 2).forEach(log);
  await log.settled();
  events.slice(2).forEach(log);
  return text;
}

describe('JSON lines', () => {
  const lines = async (events: readonly Event[], level: LogOptions['level']) =>
    (await logged(events, { format: 'json', level }))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));

  test('one for each event, in order, those told before the writer was loaded included', async () => {
    const all = [...goodBoot, ...rareEvents];
    const types = (await lines(all, 'debug')).map(({ event }) => event);
    expect(types).toEqual(all.map(({ type }) => type));
  });

  test('stable fields, then those of the event', async () => {
    const [first] = await lines(badBoot, 'error');
    expect(first).toEqual({
      level: 'error',
      time: '2026-01-02T03:04:05.090Z',
      event: 'step-finished',
      elapsed: 90,
      step: 'artifact:shop',
      outcome: 'failed',
      ms: 49,
      error: 'sha256 differs',
      msg: 'artifact:shop  failed  49 ms: sha256 differs',
    });
  });

  test('plain ones are the same, byte for byte', async () => {
    for (const level of ['debug', 'info', 'error'] as const) {
      const events = [...badBoot, ...goodBoot, ...rareEvents];
      const plain = await logged(events, { format: 'plain-json', level });
      expect(plain).toBe(await logged(events, { format: 'json', level }));
      expect(plain).not.toBe('');
    }
  });

  test('only from the level on', async () => {
    const levels = new Set((await lines([...goodBoot, ...rareEvents], 'warn')).map((l) => l.level));
    expect(levels).toEqual(new Set(['warn']));
  });
});

describe('lines for a person', () => {
  test('seconds since the start, and a sentence', async () => {
    const text = await logged([...goodBoot, ...badBoot.slice(-5)], {
      format: 'pretty',
      level: 'info',
    });
    expect(text).toBe(`\
  0.000 s  bootstrap-agent 1.2.3 starts (simulated), boot boot-1
  0.020 s  identity: i-0abc, m5.large in eu-west-1a, group shop  18 ms, 7 requests
  0.021 s  class: tomcat, from tag
  0.022 s  release: 2026-01, from pointer
  0.040 s  plan: 4 steps, 1 probe, digest abcdef012345
  0.043 s  sysctl  unchanged  2 ms
  0.060 s  file:/etc/shop.conf  changed  16 ms
  0.090 s  artifact:shop  again in 120 ms: 503 SlowDown
  0.700 s  artifact:shop  changed  658 ms
  0.800 s  service:shop.service  changed  100 ms
  0.805 s  http:8080  not healthy: connection refused on port 8080: nothing listens
  1.100 s  http:8080  ok 1 of 1: answered 200
  1.101 s  verdict: CONTINUE: http:8080: answered 200
  1.151 s  launch hook: CONTINUE completed
  1.160 s  finished with exit code 0 after 1.16 s
  0.096 s  verdict: ABANDON: artifact:shop: sha256 differs
  0.099 s  launch hook: ABANDON not-sent: the instance is in no Auto Scaling group
  0.100 s  finished with exit code 78 after 100 ms
`);
  });

  test('details at level debug', async () => {
    const text = await logged([...goodBoot.slice(7, 12), ...rareEvents], {
      format: 'pretty',
      level: 'debug',
    });
    expect(text).toBe(`\
  0.041 s  sysctl  started
  0.042 s  artifact:shop  started
  0.043 s  sysctl  unchanged  2 ms
  0.044 s  file:/etc/shop.conf  started
  0.045 s  file:/etc/shop.conf  applying: content
  0.001 s  metadata api/token  again in 50 ms: refused
  0.002 s  user data is not ours (a shell script); not read
  0.003 s  s3 GetObject  again in 70 ms: 503
  0.004 s  launch hook: launch of shop, heartbeat timeout 300 s
  0.005 s  heartbeat withheld: no progress for 100 s
  0.006 s  heartbeat recorded
  0.007 s  warning: odd
  0.008 s  command:x  done
  0.008 s  packages  waited 3 ms for the lock of the package system
  0.009 s  s3 GetObject  3.0 MB in 6 ms, waited 5 ms for them
`);
  });

  test('colours only when asked for', async () => {
    const options = { format: 'pretty', level: 'error' } as const;
    expect(await logged(badBoot, options)).not.toContain('\u001b');
    expect(await logged(badBoot, { ...options, colour: true })).toContain(
      '\u001b[31martifact:shop  failed',
    );
  });
});

test('durations in three digits', () => {
  const shown = [0, 12.4, 999.4, 999.6, 9_994, 9_996, 99_949, 99_951, 185_000].map(duration);
  expect(shown).toEqual([
    '0 ms',
    '12 ms',
    '999 ms',
    '1.00 s',
    '9.99 s',
    '10.0 s',
    '99.9 s',
    '1 min 40 s',
    '3 min 5 s',
  ]);
});

test('bytes with and without a known total', () => {
  expect(bytesOf({ bytes: 1_540_000 })).toBe('1.5 MB');
  expect(bytesOf({ bytes: 0, total: 0 })).toBe('0.0 MB');
  expect(bytesOf({ bytes: 45_100_000, total: 64_000_000 })).toBe('45.1 of 64.0 MB (70 %)');
});
