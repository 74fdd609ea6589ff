import { expect, test } from 'vitest';
import { waitingSince } from '../../src/commands/waiting-since.ts';

const startedAt = Date.parse('2026-03-01T10:00:00Z');
/** A minute after EC2 started the instance; the agent runs for five seconds. */
const clock = {
  now: () => startedAt + 60_000,
  monotonic: () => 5000,
  sleep: async () => undefined,
};
const pendingTime = '2026-03-01T10:00:00Z';
const launch = { pendingTime, targetLifecycleState: 'InService' };

test('since EC2 started it', () => {
  expect(waitingSince(launch, undefined, 0, clock)).toBe(-55_000);
  expect(waitingSince(launch, launch, 0, clock)).toBe(-55_000);
});

test.each([
  ['the time is not known', {}, undefined],
  ['it is no time', { pendingTime: 'yesterday' }, undefined],
  ['a clock is behind', { pendingTime: '2026-03-01T11:00:00Z' }, undefined],
  [
    'it came out of a pool while running',
    launch,
    { pendingTime, targetLifecycleState: 'Warmed:Running' },
  ],
])('since the agent started where %s', (_why, known, previous) => {
  expect(waitingSince(known, previous, 0, clock)).toBe(0);
});
