/** The launch hook state machine of the simulated Auto Scaling, on a clock that only the test moves. */
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { expect, onTestFinished, test } from 'vitest';
import type { SimulatedGroup } from '../../../src/simulator/services/world.ts';
import { connected, rejection } from '../../aws/connected.ts';
import { manualClock } from './manual-clock.ts';

const id = 'i-0abc1234def567890';
const second = 1000;
const minute = 60 * second;

async function launching(group: Partial<SimulatedGroup>) {
  const clock = manualClock();
  const web: SimulatedGroup = { instances: { [id]: {} }, ...group };
  const { aws, services } = await connected({ clock, world: { groups: { web } } });
  const instance = () => services.group('web')?.instances[id];
  return {
    clock,
    services,
    autoScaling: aws.autoScaling,
    state: () => instance()?.lifecycleState,
    states: () => instance()?.history.map(({ state }) => state),
    outcome: (hook: string) => instance()?.actions[hook]?.outcome,
    action: (hook: string) => ({ group: 'web', hook, instanceId: id }),
  };
}

function sdk(url: string): AutoScalingClient {
  const client = new AutoScalingClient({
    region: 'eu-west-1',
    endpoint: url,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
  });
  onTestFinished(() => client.destroy());
  return client;
}

test('without hooks an instance is in service at once', async () => {
  const { states } = await launching({});
  expect(states()).toEqual(['Pending', 'Pending:Proceed', 'InService']);
});

test('CONTINUE of every hook lets it proceed, and not before', async () => {
  const { autoScaling, action, state, states } = await launching({
    hooks: { a: { transition: 'launching' }, b: { transition: 'launching' } },
  });
  await autoScaling.complete(action('a'), 'CONTINUE');
  expect(state()).toBe('Pending:Wait');
  expect(await autoScaling.complete(action('a'), 'CONTINUE')).toBe('not-active');
  await autoScaling.complete(action('b'), 'CONTINUE');
  expect(states()).toEqual(['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService']);
});

test('one ABANDON terminates, and cancels the other hooks', async () => {
  const { autoScaling, action, state, outcome, clock } = await launching({
    hooks: { a: { transition: 'launching' }, b: { transition: 'launching' } },
  });
  await autoScaling.complete(action('b'), 'ABANDON');
  expect(state()).toBe('Terminating');
  expect(outcome('a')).toMatchObject({ result: 'ABANDON', how: 'cancelled' });
  expect(await autoScaling.complete(action('a'), 'CONTINUE')).toBe('not-active');
  await clock.advance(minute);
  expect(state()).toBe('Terminated');
  expect(await autoScaling.describeInstance(id)).toBeUndefined();
});

test('silence for the heartbeat timeout gives the default result: ABANDON', async () => {
  const { clock, state, outcome } = await launching({
    hooks: { hook: { transition: 'launching', heartbeatTimeoutSeconds: 60 } },
  });
  await clock.advance(59 * second);
  expect(state()).toBe('Pending:Wait');
  await clock.advance(second);
  expect(state()).toBe('Terminating');
  expect(outcome('hook')).toMatchObject({ result: 'ABANDON', how: 'heartbeat timeout' });
});

test('the default result can be CONTINUE', async () => {
  const { clock, state } = await launching({
    hooks: {
      hook: { transition: 'launching', heartbeatTimeoutSeconds: 60, defaultResult: 'CONTINUE' },
    },
  });
  await clock.advance(minute);
  expect(state()).toBe('InService');
});

test('the heartbeat timeout is an hour where nothing is said', async () => {
  const { clock, state } = await launching({ hooks: { hook: { transition: 'launching' } } });
  await clock.advance(60 * minute - 1);
  expect(state()).toBe('Pending:Wait');
  await clock.advance(1);
  expect(state()).toBe('Terminating');
});

test('a heartbeat starts the timeout anew, at its own length', async () => {
  const { clock, state, autoScaling, action } = await launching({
    hooks: { hook: { transition: 'launching', heartbeatTimeoutSeconds: 60 } },
  });
  await clock.advance(50 * second);
  expect(await autoScaling.heartbeat(action('hook'))).toBe('recorded');
  await clock.advance(59 * second);
  expect(state()).toBe('Pending:Wait');
  await clock.advance(second);
  expect(state()).toBe('Terminating');
});

test('heartbeats do not reach beyond a hundred times the timeout', async () => {
  const { clock, state, outcome, autoScaling, action } = await launching({
    hooks: { hook: { transition: 'launching', heartbeatTimeoutSeconds: 30 } },
  });
  for (let beats = 0; beats < 119; beats += 1) {
    await clock.advance(25 * second);
    await autoScaling.heartbeat(action('hook'));
  }
  expect(state()).toBe('Pending:Wait');
  await clock.advance(25 * second);
  expect(state()).toBe('Terminating');
  expect(outcome('hook')).toMatchObject({ how: 'global timeout' });
});

test('the global timeout is never longer than 48 hours', async () => {
  const { autoScaling } = await launching({
    hooks: { hook: { transition: 'launching', heartbeatTimeoutSeconds: 7200 } },
  });
  expect(await autoScaling.describeHooks('web')).toMatchObject([{ globalTimeoutSeconds: 172_800 }]);
});

test('before the wait has begun there is no action yet', async () => {
  const { clock, state, autoScaling, action } = await launching({
    instances: { [id]: { waitsAfterMs: 3 * second } },
    hooks: { hook: { transition: 'launching' } },
  });
  expect(state()).toBe('Pending');
  expect(await autoScaling.complete(action('hook'), 'CONTINUE')).toBe('not-active');
  await clock.advance(3 * second);
  expect(state()).toBe('Pending:Wait');
  expect(await autoScaling.complete(action('hook'), 'CONTINUE')).toBe('completed');
});

test('a hook made after the launch has no action for it; a terminating hook neither', async () => {
  const { autoScaling, action, states } = await launching({
    instances: { [id]: { lifecycleState: 'InService' } },
    hooks: { late: { transition: 'launching' }, drain: { transition: 'terminating' } },
  });
  expect(states()).toEqual(['InService']);
  expect(await autoScaling.complete(action('late'), 'CONTINUE')).toBe('not-active');
  expect(await autoScaling.heartbeat(action('drain'))).toBe('not-active');
});

test('an action is also found by its token, and only by the right one', async () => {
  const { services, state } = await launching({ hooks: { hook: { transition: 'launching' } } });
  const client = sdk(services.url);
  const token = services.group('web')?.instances[id]?.actions.hook?.token ?? '';
  expect(token).toHaveLength(36);
  const call = { AutoScalingGroupName: 'web', LifecycleHookName: 'hook' };
  const wrong = token.replace(/^./, (first) => (first === 'f' ? '0' : 'f'));
  const error = await rejection(
    client.send(
      new RecordLifecycleActionHeartbeatCommand({ ...call, LifecycleActionToken: wrong }),
    ),
  );
  expect(error.message).toBe(`No active Lifecycle Action found with token ${wrong}`);
  await client.send(
    new CompleteLifecycleActionCommand({
      ...call,
      LifecycleActionToken: token,
      LifecycleActionResult: 'CONTINUE',
    }),
  );
  expect(state()).toBe('InService');
});

test('what is neither CONTINUE nor ABANDON, or for no instance at all, is refused', async () => {
  const { services } = await launching({ hooks: { hook: { transition: 'launching' } } });
  const client = sdk(services.url);
  const call = {
    AutoScalingGroupName: 'web',
    LifecycleHookName: 'hook',
    LifecycleActionResult: 'STOP',
  };
  for (const input of [
    { ...call, InstanceId: id },
    { ...call, LifecycleActionResult: 'CONTINUE' },
  ]) {
    expect(await rejection(client.send(new CompleteLifecycleActionCommand(input)))).toMatchObject({
      name: 'ValidationError',
      $metadata: { httpStatusCode: 400 },
    });
  }
});

test('the group lists its instances with their states', async () => {
  const { services } = await launching({ hooks: { hook: { transition: 'launching' } } });
  const answer = await sdk(services.url).send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['web', 'absent'] }),
  );
  expect(answer.AutoScalingGroups).toMatchObject([
    {
      AutoScalingGroupName: 'web',
      DesiredCapacity: 1,
      Instances: [{ InstanceId: id, LifecycleState: 'Pending:Wait', HealthStatus: 'HEALTHY' }],
    },
  ]);
  expect(services.group('absent')).toBeUndefined();
});
