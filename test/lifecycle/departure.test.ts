import { expect, test } from 'vitest';
import { departureOf } from '../../src/lifecycle/departure.ts';

const asked = { hook: 'drain', result: 'CONTINUE' as const };
const at = (lifecycle?: string) => ({
  readable: true as const,
  ...(lifecycle !== undefined && { lifecycle }),
});

test.each(['InService', 'Terminating', 'Terminating:Wait'])(
  'while it is %s, the hook may open any moment',
  (lifecycle) => {
    for (const lost of [false, true])
      expect(departureOf({ ...asked, lost, state: at(lifecycle) })).toEqual({
        outcome: 'not-yet',
        because: `no action is open for hook drain; the instance is ${lifecycle}`,
      });
  },
);

test('further on its way: this run did it where its answer was lost, else somebody else', () => {
  for (const lifecycle of ['Terminating:Proceed', 'Terminated', 'Warmed:Stopped', undefined]) {
    const state = at(lifecycle);
    expect(departureOf({ ...asked, lost: true, state }).outcome).toBe('completed');
    expect(departureOf({ ...asked, lost: false, state }).outcome).toBe('already-completed');
  }
  const { because } = departureOf({ ...asked, lost: false, state: at() });
  expect(because).toContain('not known to Auto Scaling any more');
});

test('where the state cannot be read, it is asked again, unless an answer was lost', () => {
  const state = { readable: false } as const;
  expect(departureOf({ ...asked, lost: false, state }).outcome).toBe('not-yet');
  expect(departureOf({ ...asked, lost: true, state }).outcome).toBe('completed');
});
