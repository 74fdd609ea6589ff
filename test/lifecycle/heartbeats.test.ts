import { expect, test } from 'vitest';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import type { LaunchHookOptions } from '../../src/lifecycle/launch-hook.ts';
import { virtualClock } from '../virtual-clock.ts';
import { hook, type Scripts, scripted } from './auto-scaling-in-memory.ts';

const never = new AbortController().signal;

/** Beats for so many milliseconds of a virtual clock. */
async function beatFor(ms: number, scripts: Scripts, options: Partial<LaunchHookOptions> = {}) {
  const stage = scripted(scripts, options);
  await stage.subject.find(never);
  const stop = new AbortController();
  void stage.clock.sleep(ms).then(() => stop.abort());
  await stage.subject.beat(stop.signal);
  const endedAt = stage.clock.monotonic();
  const heartbeats = stage.told.flatMap((event) => (event.type === 'heartbeat' ? [event] : []));
  return { ...stage, heartbeats, endedAt };
}

test('every third of the heartbeat timeout, until aborted', async () => {
  const { calls, heartbeats, endedAt } = await beatFor(70_000, {
    hooks: [[hook('launch')]],
    heartbeat: ['recorded'],
  });
  expect(calls).toEqual(['0 describe', '20000 heartbeat', '40000 heartbeat', '60000 heartbeat']);
  expect(heartbeats).toEqual(Array(3).fill({ type: 'heartbeat', outcome: 'recorded' }));
  expect(endedAt).toBe(70_000);
});

test('withheld while nothing moves, sent again when something does', async () => {
  const clock = virtualClock();
  // Nothing moves between 25 s and 75 s.
  const pulse = () => {
    const now = clock.monotonic();
    return now > 25_000 && now < 75_000 ? 25_000 : now;
  };
  const { calls, heartbeats } = await beatFor(
    90_000,
    { hooks: [[hook('launch')]], heartbeat: ['recorded'] },
    { clock, pulse },
  );
  expect(calls.slice(1)).toEqual(['20000 heartbeat', '40000 heartbeat', '76000 heartbeat']);
  expect(heartbeats.map(({ outcome, because }) => [outcome, because])).toEqual([
    ['recorded', undefined],
    ['recorded', undefined],
    ['withheld', 'no progress for 35 s'],
    ['recorded', undefined],
  ]);
});

test('sent as soon as something moves again, which may be shortly before the hook times out', async () => {
  const clock = virtualClock();
  // Nothing moves between 40 s and 95 s; the heartbeat of 40 s is good until 100 s.
  const pulse = () => {
    const now = clock.monotonic();
    return now > 40_000 && now < 95_000 ? 40_000 : now;
  };
  const { calls, heartbeats } = await beatFor(
    99_000,
    { hooks: [[hook('launch')]], heartbeat: ['recorded'] },
    { clock, pulse },
  );
  expect(calls.slice(1)).toEqual(['20000 heartbeat', '40000 heartbeat', '96000 heartbeat']);
  expect(heartbeats.filter(({ outcome }) => outcome === 'withheld')).toHaveLength(2);
});

test('no longer than the global timeout', async () => {
  const { heartbeats, endedAt } = await beatFor(90_000, {
    hooks: [[hook('launch', { globalTimeoutSeconds: 50 })]],
    heartbeat: ['recorded'],
  });
  expect(heartbeats.map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded', 'withheld']);
  expect(heartbeats.at(-1)?.because).toBe("the hook's global timeout of 50 s is over");
  expect(endedAt).toBe(50_000);
});

test('a boot of less than ten seconds asks and sends nothing where the role names the hook', async () => {
  const { calls } = await beatFor(9_900, {}, { hook: 'launch' });
  expect(calls).toEqual([]);
});

test('a longer one asks for the timeouts then, and is in time even for the shortest', async () => {
  const { calls } = await beatFor(
    25_000,
    { hooks: [[hook('launch', { heartbeatTimeoutSeconds: 30 })]], heartbeat: ['recorded'] },
    { hook: 'launch' },
  );
  expect(calls).toEqual(['10000 describe', '10000 heartbeat', '20000 heartbeat']);
});

test.each([
  ['denied', new ConfigError('not allowed'), 'cannot be described, so its shortest'],
  ['not there', [hook('other')], 'group shop has no launch hook launch, which the role names'],
] as const)(
  'timeouts that are %s: a warning, and the shortest possible ones',
  async (_n, answer, words) => {
    const { calls, told } = await beatFor(
      25_000,
      { hooks: [answer instanceof Error ? answer : [...answer]], heartbeat: ['recorded'] },
      { hook: 'launch' },
    );
    expect(calls.slice(1)).toEqual(['10000 heartbeat', '20000 heartbeat']);
    expect(told).toContainEqual({ type: 'warning', message: expect.stringContaining(words) });
  },
);

test('again with backoff while Auto Scaling is unavailable', async () => {
  const busy = new UnavailableError('503');
  const { calls, heartbeats } = await beatFor(30_000, {
    hooks: [[hook('launch')]],
    heartbeat: [busy, busy, 'recorded'],
  });
  expect(calls.slice(1)).toEqual(['20000 heartbeat', '20250 heartbeat', '20750 heartbeat']);
  expect(heartbeats.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'recorded']);
});

test('denied: told once, and no more are sent', async () => {
  const { calls, heartbeats, endedAt } = await beatFor(90_000, {
    hooks: [[hook('launch')]],
    heartbeat: [new ConfigError('not allowed')],
  });
  expect(calls).toHaveLength(2);
  expect(heartbeats).toEqual([
    { type: 'heartbeat', outcome: 'failed', because: 'not allowed; no more are sent' },
  ]);
  expect(endedAt).toBe(20_000);
});

test('an action that is not active three times in a row will not be', async () => {
  const { heartbeats } = await beatFor(200_000, {
    hooks: [[hook('launch')]],
    heartbeat: ['not-active', 'not-active', 'recorded', 'not-active'],
  });
  expect(heartbeats.map(({ outcome }) => outcome)).toEqual([
    'not-active',
    'not-active',
    'recorded',
    'not-active',
    'not-active',
    'not-active',
  ]);
});

test('aborted while a heartbeat is under way, or while the hook is being described', async () => {
  const beating = await beatFor(25_000, { hooks: [[hook('launch')]], heartbeat: ['hang'] });
  expect(beating.heartbeats).toEqual([]);
  const describing = await beatFor(12_000, { hooks: ['hang'] }, { hook: 'launch' });
  expect(describing.told.map(({ type }) => type)).toEqual(['hook-found']);
});
