import { describe, expect, test } from 'vitest';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { hook, scripted } from './auto-scaling-in-memory.ts';

const never = new AbortController().signal;
const busy = new UnavailableError('Throttling: Rate exceeded');
const denied = new ConfigError('autoscaling:CompleteLifecycleAction is not allowed');

describe('finding the hook', () => {
  test('named in the role: nothing is asked', async () => {
    const { subject, calls, told } = scripted({}, { hook: 'mine' });
    expect(await subject.find(never)).toBe('mine');
    expect(calls).toEqual([]);
    expect(told).toEqual([{ type: 'hook-found', group: 'shop', hook: 'mine' }]);
  });

  test('the only launch hook of the group', async () => {
    const hooks = [hook('stop', { transition: 'terminating' }), hook('launch')];
    const { subject, told } = scripted({ hooks: [hooks] });
    expect(await subject.find(never)).toBe('launch');
    expect(told).toEqual([
      { type: 'hook-found', group: 'shop', hook: 'launch', heartbeatTimeoutSeconds: 60 },
    ]);
  });

  test('several launch hooks and no name: all are named, and where to choose', async () => {
    const { subject } = scripted({ hooks: [[hook('one'), hook('two')]] });
    const error = await subject.find(never).catch((e) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe(
      'group shop has 2 launch hooks (one, two): name the one to complete in the role, under lifecycle.hook',
    );
  });

  test('no launch hook: nothing is signalled, and it says so', async () => {
    const { subject, calls, told } = scripted({
      hooks: [[hook('x', { transition: 'terminating' })]],
    });
    expect(await subject.find(never)).toBeUndefined();
    await subject.beat(never);
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(calls).toEqual(['0 describe']);
    expect(told).toEqual([
      {
        type: 'hook-completed',
        result: 'CONTINUE',
        outcome: 'not-sent',
        because: 'group shop has no launch hook: nothing waits for a signal',
      },
    ]);
  });

  test('in no group: nothing is asked at all, even where the role names a hook', async () => {
    const { subject, calls, told } = scripted({}, { group: '', hook: 'mine' });
    expect(await subject.find(never)).toBeUndefined();
    await subject.beat(never);
    expect(await subject.complete('ABANDON')).toBe('not-sent');
    expect(calls).toEqual([]);
    expect(told.at(-1)).toMatchObject({
      because: 'the instance is in no Auto Scaling group: nothing waits for a signal',
    });
  });
});

describe('completing', () => {
  test('one call on an ordinary boot', async () => {
    const { subject, calls, told } = scripted({ complete: ['completed'] }, { hook: 'launch' });
    await subject.find(never);
    expect(await subject.complete('CONTINUE')).toBe('completed');
    expect(calls).toEqual(['launch CONTINUE', '0 complete']);
    expect(told.at(-1)).toEqual({
      type: 'hook-completed',
      result: 'CONTINUE',
      outcome: 'completed',
    });
  });

  test('again with backoff while Auto Scaling is unavailable', async () => {
    const { subject, calls } = scripted(
      { complete: [busy, busy, busy, 'completed'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('completed');
    const times = calls
      .filter((call) => call.endsWith('complete'))
      .map((call) => parseInt(call, 10));
    expect(times).toEqual([0, 100, 300, 700]);
  });

  test('an answer that does not come is waited for fifteen seconds', async () => {
    const { subject, calls } = scripted({ complete: ['hang', 'completed'] }, { hook: 'launch' });
    expect(await subject.complete('CONTINUE')).toBe('completed');
    expect(calls.at(-1)).toBe('15100 complete');
  });

  test('unreachable until its own deadline: thrown, and told as not sent', async () => {
    const { subject, clock, told } = scripted({ complete: [busy] }, { hook: 'launch' });
    const error = await subject.complete('CONTINUE').catch((e) => e);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toBe(
      'Auto Scaling took no CONTINUE for i-0abc in group shop within 60 s: Throttling: Rate exceeded',
    );
    expect(error.cause).toBe(busy);
    expect(clock.monotonic()).toBe(60_000);
    expect(told.at(-1)).toMatchObject({ outcome: 'not-sent', because: error.message });
  });

  test('hanging until its own deadline', async () => {
    const { subject } = scripted(
      { complete: ['hang'] },
      { hook: 'launch', completeWithinMs: 5_000 },
    );
    await expect(subject.complete('ABANDON')).rejects.toThrow(/took no ABANDON .* within 5 s/);
  });

  test('denied: thrown at once, and told as not sent', async () => {
    const { subject, calls, told } = scripted({ complete: [denied] }, { hook: 'launch' });
    await expect(subject.complete('CONTINUE')).rejects.toBe(denied);
    expect(calls).toHaveLength(2);
    expect(told.at(-1)).toMatchObject({ outcome: 'not-sent', because: denied.message });
  });

  describe('a boot that failed before the hook was looked for', () => {
    test('finds it first', async () => {
      const { subject, calls } = scripted({ hooks: [[hook('launch')]], complete: ['completed'] });
      expect(await subject.complete('ABANDON')).toBe('completed');
      expect(calls).toEqual(['0 describe', 'launch ABANDON', '0 complete']);
    });

    test('ABANDON to any one of several hooks ends the launch', async () => {
      const hooks = [[hook('one'), hook('two')]];
      const { subject, calls } = scripted({ hooks, complete: ['completed'] });
      expect(await subject.complete('ABANDON')).toBe('completed');
      expect(calls).toContain('one ABANDON');
    });

    test('CONTINUE to one of several would leave the others waiting: refused', async () => {
      const { subject, told } = scripted({ hooks: [[hook('one'), hook('two')]] });
      await expect(subject.complete('CONTINUE')).rejects.toThrow(ConfigError);
      expect(told.at(-1)).toMatchObject({ type: 'hook-completed', outcome: 'not-sent' });
    });

    test('no hook: not sent', async () => {
      const { subject } = scripted({ hooks: [[]] });
      expect(await subject.complete('ABANDON')).toBe('not-sent');
    });
  });
});

describe('"No active Lifecycle Action"', () => {
  test('after a lost answer: the call had been carried out', async () => {
    const { subject, calls, told } = scripted(
      { complete: [busy, 'not-active'], states: ['InService'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('completed');
    expect(calls.at(-1)).toBe('100 state');
    expect(told.at(-1)).toMatchObject({
      outcome: 'completed',
      because: 'the answer was lost, but the instance is InService',
    });
  });

  test('sent by an earlier run in the same stay: nothing is found, beaten or sent again', async () => {
    const { subject, calls, told } = scripted({}, { earlier: { result: 'CONTINUE' } });
    const { signal } = new AbortController();
    expect(await subject.find(signal)).toBeUndefined();
    await subject.beat(signal);
    expect(await subject.complete('CONTINUE')).toBe('already-completed');
    expect(calls).toEqual([]);
    expect(told.at(-1)).toMatchObject({
      because: expect.stringContaining('an earlier run of the agent sent CONTINUE'),
    });
  });

  test('ABANDON after it is sent all the same; refused, by the journal: no state is asked for', async () => {
    const { subject, calls, told } = scripted(
      { complete: ['not-active'] },
      { hook: 'launch', earlier: { result: 'CONTINUE' } },
    );
    expect(await subject.complete('ABANDON')).toBe('not-sent');
    expect(calls).toEqual(['launch ABANDON', '0 complete']);
    expect(told.at(-1)).toMatchObject({ because: 'an earlier run of the agent sent CONTINUE' });
  });

  test('timed out: the instance is on its way out', async () => {
    const { subject, told } = scripted(
      { complete: ['not-active'], states: ['Terminating'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(told.at(-1)).toMatchObject({
      because: expect.stringContaining('hook launch timed out'),
    });
  });

  test('not open yet: asked every second until it opens', async () => {
    const { subject, calls } = scripted(
      { complete: ['not-active', 'not-active', 'completed'], states: ['Pending', 'Pending:Wait'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('completed');
    expect(calls.filter((call) => /complete|state/.test(call))).toEqual([
      '0 complete',
      '0 state',
      '1000 complete',
      '1000 state',
      '2000 complete',
    ]);
  });

  test('never opens: given up after thirty seconds, with the likely reasons', async () => {
    const { subject, clock, told } = scripted(
      { complete: ['not-active'], states: ['Pending:Wait'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(clock.monotonic()).toBe(30_000);
    expect(told.at(-1)).toMatchObject({
      because: expect.stringContaining('another hook is waited for'),
    });
  });

  test('the hook was created after the launch: in service already', async () => {
    const { subject, told } = scripted(
      { complete: ['not-active'], states: ['InService'] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(told.at(-1)).toMatchObject({
      because: expect.stringContaining('hook launch was created after this launch'),
    });
  });

  test.each([
    ['denied', new ConfigError('autoscaling:DescribeAutoScalingInstances is not allowed'), 0],
    ['hanging', 'hang', 15_000],
  ] as const)('the state is %s: said so', async (_name, state, ms) => {
    const { subject, clock, told } = scripted(
      { complete: ['not-active'], states: [state] },
      { hook: 'launch' },
    );
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(clock.monotonic()).toBe(ms);
    expect(told.at(-1)).toMatchObject({ because: expect.stringContaining('cannot be read') });
  });

  test('the deadline comes while the state is asked for', async () => {
    const { subject } = scripted(
      { complete: ['not-active'], states: ['hang'] },
      { hook: 'launch', completeWithinMs: 3_000 },
    );
    await expect(subject.complete('CONTINUE')).rejects.toThrow('within 3 s');
  });
});
