import { describe, expect, test } from 'vitest';
import { type Circumstances, meaningOf } from '../../src/lifecycle/meaning.ts';

const base: Circumstances = {
  hook: 'launch',
  result: 'CONTINUE',
  lost: false,
  state: { readable: false },
};
const at = (lifecycle?: string): Circumstances['state'] => ({
  readable: true,
  ...(lifecycle === undefined ? {} : { lifecycle }),
});

describe('nothing was sent before', () => {
  test.each([
    ['Pending', 'not-yet'],
    ['Pending:Wait', 'not-yet'],
    ['Warmed:Pending', 'not-yet'],
    ['Warmed:Pending:Wait', 'not-yet'],
    ['Pending:Proceed', 'already-completed'],
    ['Warmed:Pending:Proceed', 'already-completed'],
    ['InService', 'not-sent'],
    ['Warmed:Running', 'not-sent'],
    ['Warmed:Stopped', 'not-sent'],
    ['Warmed:Hibernated', 'not-sent'],
    ['Terminating', 'not-sent'],
    ['Terminating:Wait', 'not-sent'],
    ['Terminated', 'not-sent'],
    ['Warmed:Terminating:Wait', 'not-sent'],
    ['Standby', 'not-sent'],
    ['AStateOfTheFuture', 'not-sent'],
    [undefined, 'not-sent'],
  ])('%s: %s', (lifecycle, outcome) => {
    const meaning = meaningOf({ ...base, state: at(lifecycle) });
    expect(meaning.outcome).toBe(outcome);
    expect(meaning.because).toContain(lifecycle ?? 'not known to Auto Scaling');
  });

  test('the state cannot be read', () => {
    expect(meaningOf(base)).toEqual({
      outcome: 'not-sent',
      because: 'no action is open for hook launch, and the state of the instance cannot be read',
    });
  });
});

describe('an answer was lost', () => {
  test.each([
    ['CONTINUE', 'Pending:Wait', 'completed'],
    ['CONTINUE', 'Pending:Proceed', 'completed'],
    ['CONTINUE', 'InService', 'completed'],
    ['CONTINUE', 'Warmed:Stopped', 'completed'],
    ['CONTINUE', 'Pending', 'not-yet'],
    ['CONTINUE', 'Terminating', 'not-sent'],
    ['CONTINUE', undefined, 'not-sent'],
    ['ABANDON', 'Terminating', 'completed'],
    ['ABANDON', undefined, 'completed'],
    ['ABANDON', 'Pending', 'not-yet'],
    ['ABANDON', 'InService', 'not-sent'],
  ] as const)('%s, and the instance is %s: %s', (result, lifecycle, outcome) => {
    const state = at(lifecycle);
    expect(meaningOf({ ...base, lost: true, result, state }).outcome).toBe(outcome);
  });

  test('the state cannot be read: nothing else can have ended the action so soon', () => {
    expect(meaningOf({ ...base, lost: true }).outcome).toBe('completed');
  });
});

test('the journal knows of an earlier completion, whatever else seems to be', () => {
  const outcomes = { ABANDON: 'not-sent', CONTINUE: 'already-completed' } as const;
  for (const state of [base.state, at('Pending:Wait'), at('Terminating')])
    for (const result of ['ABANDON', 'CONTINUE'] as const)
      expect(meaningOf({ ...base, earlier: { result }, state })).toEqual({
        outcome: outcomes[result],
        because: `an earlier run of the agent sent ${result}`,
      });
});
