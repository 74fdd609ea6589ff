import { afterEach, describe, expect, test } from 'vitest';
import { connectAws } from '../../src/aws/connect.ts';
import { fasterClock, systemClock } from '../../src/clock.ts';
import type { Happening } from '../../src/events.ts';
import { type LaunchHookOptions, launchHook } from '../../src/lifecycle/launch-hook.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import { startAwsServices } from '../../src/simulator/services/services.ts';
import type { SimulatedGroup, SimulatedMember } from '../../src/simulator/services/world.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const never = new AbortController().signal;
const hooks: NonNullable<SimulatedGroup['hooks']> = { launch: { transition: 'launching' } };

interface Stage {
  readonly hooks?: SimulatedGroup['hooks'];
  readonly member?: SimulatedMember;
  readonly faults?: readonly Fault[];
  readonly denied?: readonly string[];
}

/** The agent's own AWS clients against the simulated services, on a clock that runs twenty times as fast. */
async function stage(world: Stage, options: Partial<LaunchHookOptions> = {}) {
  const clock = fasterClock(20);
  const services = await startAwsServices({
    clock,
    faults: world.faults ?? [],
    world: {
      region: 'eu-west-1',
      accountId: '123456789012',
      buckets: {},
      secrets: {},
      tags: {},
      groups: {
        shop: { instances: { 'i-0abc': world.member ?? {} }, hooks: world.hooks ?? hooks },
      },
      denied: world.denied ?? [],
    },
  });
  const told: Happening[] = [];
  const aws = connectAws({
    region: 'eu-west-1',
    env: { AWS_ENDPOINT_URL: services.url },
    credentials: async () => ({ accessKeyId: 'AKIASIMULATED', secretAccessKey: 'simulated' }),
    clock,
    tell: () => undefined,
  });
  closing.push(
    () => aws.close(),
    () => services.close(),
  );
  await aws.prepare(['autoscaling']);
  const subject = launchHook({
    group: 'shop',
    instanceId: 'i-0abc',
    autoScaling: aws.autoScaling,
    clock,
    tell: (happening) => told.push(happening),
    pulse: () => clock.monotonic(),
    ...options,
  });
  const state = () => services.group('shop')?.instances['i-0abc']?.lifecycleState;
  const calls = () => services.ledger.of('autoscaling').map(({ operation }) => operation);
  return { subject, clock, told, state, calls, services };
}

test('CONTINUE puts the instance into service with one call where the role names the hook', async () => {
  const { subject, state, calls } = await stage({}, { hook: 'launch' });
  await subject.find(never);
  expect(await subject.complete('CONTINUE')).toBe('completed');
  expect(state()).toBe('InService');
  expect(calls()).toEqual(['CompleteLifecycleAction']);
});

test('ABANDON of a hook that was found ends the launch', async () => {
  const { subject, state, calls } = await stage({});
  expect(await subject.find(never)).toBe('launch');
  expect(await subject.complete('ABANDON')).toBe('completed');
  expect(state()).toMatch(/^Terminat/);
  expect(calls()).toEqual(['DescribeLifecycleHooks', 'CompleteLifecycleAction']);
});

test('an answer lost after the call was done is no failure and no second launch', async () => {
  const faults: Fault[] = [
    { on: 'autoscaling:CompleteLifecycleAction', do: 'lose-answer', times: 1 },
  ];
  const { subject, state, calls, told } = await stage({ faults }, { hook: 'launch' });
  expect(await subject.complete('CONTINUE')).toBe('completed');
  expect(state()).toBe('InService');
  expect(calls()).toEqual([
    'CompleteLifecycleAction',
    'CompleteLifecycleAction',
    'DescribeAutoScalingInstances',
  ]);
  expect(told.at(-1)).toMatchObject({ because: expect.stringContaining('the answer was lost') });
});

test.each([
  ['throttled', { status: 400, code: 'Throttling', message: 'Rate exceeded' }],
  ['contended', { status: 500, code: 'ResourceContention', message: 'try again' }],
  ['reset', 'reset'],
] as const)('%s calls are repeated', async (_name, fault) => {
  const faults: Fault[] = [{ on: 'autoscaling:CompleteLifecycleAction', do: fault, times: 2 }];
  const { subject, state } = await stage({ faults }, { hook: 'launch' });
  expect(await subject.complete('CONTINUE')).toBe('completed');
  expect(state()).toBe('InService');
});

describe('"No active Lifecycle Action"', () => {
  test('completed before, as the journal says', async () => {
    const first = await stage({}, { hook: 'launch', earlier: { result: 'CONTINUE' } });
    await first.subject.complete('CONTINUE');
    expect(await first.subject.complete('CONTINUE')).toBe('already-completed');
  });

  test('timed out', async () => {
    const short = { launch: { transition: 'launching', heartbeatTimeoutSeconds: 30 } } as const;
    const { subject, clock, told } = await stage({ hooks: short }, { hook: 'launch' });
    await clock.sleep(31_000);
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(told.at(-1)).toMatchObject({ because: expect.stringContaining('timed out') });
  });

  test('not open yet', async () => {
    const { subject, state } = await stage({ member: { waitsAfterMs: 4_000 } }, { hook: 'launch' });
    expect(state()).toBe('Pending');
    expect(await subject.complete('CONTINUE')).toBe('completed');
    expect(state()).toBe('InService');
  });

  test('created after the launch', async () => {
    const { subject, told } = await stage({ member: { lifecycleState: 'InService' } });
    await subject.find(never);
    expect(await subject.complete('CONTINUE')).toBe('not-sent');
    expect(told.at(-1)).toMatchObject({ because: expect.stringContaining('InService already') });
  });
});

test('heartbeats keep a hook waiting beyond its timeout while the boot makes progress', async () => {
  const short = { launch: { transition: 'launching', heartbeatTimeoutSeconds: 60 } } as const;
  const { subject, clock, state, services } = await stage({ hooks: short }, { hook: 'launch' });
  const stop = new AbortController();
  const beating = subject.beat(stop.signal);
  await clock.sleep(75_000);
  stop.abort();
  await beating;
  expect(services.group('shop')?.instances['i-0abc']?.actions.launch?.heartbeats).toBeGreaterThan(
    1,
  );
  expect(state()).toBe('Pending:Wait');
  expect(await subject.complete('CONTINUE')).toBe('completed');
});

test('without progress none is sent, and the hook ends the launch by itself', async () => {
  const short = { launch: { transition: 'launching', heartbeatTimeoutSeconds: 30 } } as const;
  const { subject, clock, state, calls, told } = await stage(
    { hooks: short },
    { hook: 'launch', pulse: () => 0 },
  );
  const stop = new AbortController();
  const beating = subject.beat(stop.signal);
  await clock.sleep(35_000);
  stop.abort();
  await beating;
  expect(calls()).not.toContain('RecordLifecycleActionHeartbeat');
  expect(told).toContainEqual(expect.objectContaining({ outcome: 'withheld' }));
  expect(state()).toMatch(/^Terminat/);
});

test('denied access is told as what a person must edit', async () => {
  const denied = ['autoscaling:CompleteLifecycleAction'];
  const { subject } = await stage({ denied }, { hook: 'launch' });
  await expect(subject.complete('CONTINUE')).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('autoscaling:CompleteLifecycleAction'),
  });
});

test('a hook that is deleted meanwhile has ended the launch: nobody is told, and it says why', async () => {
  const { subject, services, told, state } = await stage(
    { hooks: { launch: { transition: 'launching', deletedAfterMs: 2000 } } },
    { hook: 'launch' },
  );
  await until(() => /^Terminat/.test(state() ?? ''));
  expect(await subject.complete('CONTINUE')).toBe('not-sent');
  expect(told.at(-1)).toMatchObject({
    because: expect.stringMatching(/^the instance is Terminat/),
  });
  expect(services.group('shop')?.instances['i-0abc']?.actions.launch?.outcome).toMatchObject({
    result: 'ABANDON',
    how: 'hook deleted',
  });
});

test('a hook that was created after the launch waits for nobody', async () => {
  const { subject, told, state, services } = await stage({
    hooks: { launch: { transition: 'launching', createdAfterMs: 2000 } },
  });
  await until(() => services.group('shop')?.hooks.includes('launch') === true);
  expect(state()).toBe('InService');
  expect(await subject.find(never)).toBe('launch');
  expect(await subject.complete('CONTINUE')).toBe('not-sent');
  expect(told.at(-1)).toMatchObject({
    because: expect.stringContaining('created after this launch'),
  });
});

test('of two launch hooks the one that the role names is completed, and the other is left to its owner', async () => {
  const both = { launch: { transition: 'launching' }, other: { transition: 'launching' } } as const;
  const { subject, state, services } = await stage({ hooks: both }, { hook: 'launch' });
  expect(await subject.complete('CONTINUE')).toBe('completed');
  const { actions } = services.group('shop')?.instances['i-0abc'] ?? {};
  expect([actions?.launch?.outcome?.result, actions?.other?.outcome]).toEqual([
    'CONTINUE',
    undefined,
  ]);
  expect(state()).toBe('Pending:Wait');
});

test.each([
  ['throttled', { status: 400, code: 'Throttling', message: 'Rate exceeded' }],
  ['contended', { status: 500, code: 'ResourceContention', message: 'Another call is pending' }],
] as const)('CONTINUE gets through where Auto Scaling is %s', async (_what, refusal) => {
  const { subject, state, calls } = await stage(
    { faults: [{ on: 'autoscaling:CompleteLifecycleAction', do: refusal, times: 3 }] },
    { hook: 'launch' },
  );
  expect(await subject.complete('CONTINUE')).toBe('completed');
  expect([state(), calls()]).toEqual(['InService', Array(4).fill('CompleteLifecycleAction')]);
});

async function until(there: () => boolean): Promise<void> {
  for (let tries = 0; !there() && tries < 1000; tries += 1) await systemClock.sleep(10);
}
