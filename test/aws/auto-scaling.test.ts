/** Hooks, signals and tags of the AWS port against the simulated Auto Scaling and EC2, over real HTTP. */
import { expect, test } from 'vitest';
import { fasterClock } from '../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { connected, instanceId, rejection, world } from './connected.ts';

const action = { group: 'web', hook: 'launch-hook', instanceId };

test('describes the hooks of a group with their timeouts', async () => {
  const { aws } = await connected();
  expect(await aws.autoScaling.describeHooks('web')).toEqual([
    {
      name: 'launch-hook',
      transition: 'launching',
      heartbeatTimeoutSeconds: 60,
      globalTimeoutSeconds: 6000,
      defaultResult: 'ABANDON',
    },
    {
      name: 'drain-hook',
      transition: 'terminating',
      heartbeatTimeoutSeconds: 3600,
      globalTimeoutSeconds: 172_800,
      defaultResult: 'CONTINUE',
    },
  ]);
});

test('a group that is not there names what to correct', async () => {
  const { aws } = await connected();
  const error = await rejection(aws.autoScaling.describeHooks('wbe'));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('no such group: wbe');
  expect(error.message).toContain('\n  Correct the name of the group');
});

test('describes an instance, and nothing for one that is in no group', async () => {
  const { aws } = await connected();
  expect(await aws.autoScaling.describeInstance(instanceId)).toEqual({
    group: 'web',
    lifecycleState: 'Pending:Wait',
  });
  expect(await aws.autoScaling.describeInstance('i-0000000000000000f')).toBeUndefined();
});

test('heartbeat and CONTINUE reach the hook; afterwards there is no active action', async () => {
  const { aws, services } = await connected();
  expect(await aws.autoScaling.heartbeat(action)).toBe('recorded');
  expect(await aws.autoScaling.complete(action, 'CONTINUE')).toBe('completed');
  const instance = services.group('web')?.instances[instanceId];
  expect(instance?.lifecycleState).toBe('InService');
  expect(instance?.actions['launch-hook']).toMatchObject({
    heartbeats: 1,
    outcome: { result: 'CONTINUE', how: 'completed' },
  });
  expect(await aws.autoScaling.heartbeat(action)).toBe('not-active');
  expect(await aws.autoScaling.complete(action, 'ABANDON')).toBe('not-active');
});

test('ABANDON terminates', async () => {
  const { aws, services } = await connected();
  expect(await aws.autoScaling.complete(action, 'ABANDON')).toBe('completed');
  expect(services.group('web')?.instances[instanceId]?.lifecycleState).toBe('Terminating');
});

test('the signals are one attempt each; contention, throttling and 5xx are unavailable', async () => {
  const { aws, ledger } = await connected({
    faults: [
      { on: 'autoscaling', do: { status: 500, code: 'ResourceContention' }, times: 1 },
      { on: 'autoscaling', do: { status: 400, code: 'Throttling' }, times: 1 },
      { on: 'autoscaling', do: { status: 503 }, times: 1 },
      { on: 'autoscaling', do: { status: 400, code: 'ResourceContentionFault' }, times: 1 },
    ],
  });
  for (const call of [
    () => aws.autoScaling.complete(action, 'CONTINUE'),
    () => aws.autoScaling.heartbeat(action),
    () => aws.autoScaling.complete(action, 'CONTINUE'),
    () => aws.autoScaling.heartbeat(action),
  ]) {
    expect(await rejection(call())).toBeInstanceOf(UnavailableError);
  }
  expect(ledger.calls).toHaveLength(4);
});

test('a lost answer is unavailable, though the call was done', async () => {
  const { aws, services } = await connected({
    faults: [{ on: 'autoscaling:CompleteLifecycleAction', do: 'lose-answer', times: 1 }],
  });
  const error = await rejection(aws.autoScaling.complete(action, 'CONTINUE'));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(services.group('web')?.instances[instanceId]?.lifecycleState).toBe('InService');
  expect(await aws.autoScaling.complete(action, 'CONTINUE')).toBe('not-active');
});

test('another validation error is not taken for an action that is over', async () => {
  const { aws } = await connected();
  const error = await rejection(aws.autoScaling.complete({ ...action, group: 'wbe' }, 'CONTINUE'));
  expect(error).toBeInstanceOf(ConfigError);
  const { aws: other } = await connected({
    faults: [
      {
        on: 'autoscaling',
        do: {
          status: 400,
          code: 'ValidationException',
          message: 'No active Lifecycle Action found with instance ID i-1',
        },
      },
    ],
  });
  expect(await other.autoScaling.complete(action, 'CONTINUE')).toBe('not-active');
});

test('a denied signal names the permission and the group', async () => {
  const { aws } = await connected({ world: { denied: ['autoscaling:CompleteLifecycleAction'] } });
  const error = await rejection(aws.autoScaling.complete(action, 'CONTINUE'));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain(
    'autoscaling:CompleteLifecycleAction on arn:aws:autoscaling:eu-west-1:*:autoScalingGroup:*:autoScalingGroupName/web',
  );
});

test('describing is retried while Auto Scaling is overloaded or its answer is cut off', async () => {
  const { aws, ledger } = await connected({
    faults: [
      { on: 'autoscaling', do: { status: 503 }, times: 1 },
      { on: 'autoscaling', do: { truncate_at: 120 }, times: 1 },
      { on: 'autoscaling', do: { corrupt_at: 0 }, times: 1 },
    ],
  });
  expect(await aws.autoScaling.describeHooks('web')).toHaveLength(2);
  expect(ledger.calls).toHaveLength(4);
});

test('tags come from all pages, an empty first page included', async () => {
  const { aws, ledger } = await connected({ world: { emptyTagPages: 2 } });
  expect(await aws.tags.describe(instanceId)).toEqual(world.tags[instanceId]);
  expect(ledger.of('ec2', 'DescribeTags', instanceId)).toHaveLength(3);
});

test('tags that are not visible yet are waited for', async () => {
  // Not as fast as the others: the first call, which loads the SDK's client, must come before the tags.
  const clock = fasterClock(10);
  const { aws, told } = await connected({ clock, world: { tagsVisibleAfterMs: 8_000 } });
  const { signal } = new AbortController();
  expect(await aws.tags.describe(instanceId, signal)).toEqual(world.tags[instanceId]);
  expect(told).toContainEqual(
    expect.objectContaining({
      type: 'aws-retrying',
      because: expect.stringContaining('has no tags that EC2 knows of yet'),
    }),
  );
});

test('throttled by EC2, in its own words', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 'ec2', do: { status: 503, code: 'RequestLimitExceeded' }, times: 2 }],
  });
  await aws.tags.describe(instanceId);
  expect(ledger.calls.map(({ status }) => status)).toEqual([503, 503, 200]);
});

test('tags that may not be read name the permission', async () => {
  const { aws } = await connected({ world: { denied: ['ec2'] } });
  const error = await rejection(aws.tags.describe(instanceId));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('ec2:DescribeTags on *');
});

test('an instance without any tag is believed after some empty answers', async () => {
  const { aws, ledger } = await connected({ world: { tags: {} } });
  expect(await aws.tags.describe('i-0123456789abcdef0')).toEqual({});
  expect(ledger.of('ec2', 'DescribeTags').length).toBeGreaterThan(2);
});
