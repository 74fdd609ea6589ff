import { expect, test } from 'vitest';
import { completedBy, leftoverUnits, sentInThisStay } from '../../src/engine/memory.ts';
import type { RunKey } from '../../src/engine/run-key.ts';
import { keyOf } from './run-keys.ts';

const memory = { units: [], completed: completedBy(keyOf(), 'CONTINUE') };

test('what was sent is believed in the same stay', () => {
  expect(sentInThisStay(memory, keyOf({ bootId: 'another', planDigest: 'd2' }))).toMatchObject({
    result: 'CONTINUE',
  });
  expect(sentInThisStay({ units: [] }, keyOf())).toBeUndefined();
});

const elsewhere: readonly (readonly [string, Partial<RunKey>])[] = [
  ['another instance', { instanceId: 'i-0clone' }],
  ['another start, as out of a warm pool', { pendingTime: '2026-01-01T00:00:09Z' }],
  ['another target, as out of a pool that runs', { targetLifecycleState: 'Warmed:Running' }],
  ['another root volume', { rootVolume: 'vol-0b' }],
];

test.each(elsewhere)('not in that of %s', (_what, rest) => {
  expect(sentInThisStay(memory, keyOf(rest))).toBeUndefined();
});

test.each(['pendingTime', 'targetLifecycleState'] as const)('nor where %s is not told', (name) => {
  const { [name]: _, ...untold } = keyOf();
  expect(sentInThisStay(memory, untold as RunKey)).toBeUndefined();
  const then = { units: [], completed: completedBy(untold as RunKey, 'CONTINUE') };
  expect(sentInThisStay(then, untold as RunKey)).toBeUndefined();
});

test('a machine whose volume tells no serial is believed all the same', () => {
  const { rootVolume: _, ...untold } = keyOf();
  const then = { units: [], completed: completedBy(untold, 'CONTINUE') };
  expect(sentInThisStay(then, untold)).toBeDefined();
});

test('left over is what the plan does not mention', () => {
  const key = keyOf({ units: { 'a.service': false } });
  expect(leftoverUnits({ units: ['a.service', 'b.service'] }, key)).toEqual(['b.service']);
});
