/** The simulated instances of an account, as the unmodified SDK sees them. */
import { AutoScalingClient, CompleteLifecycleActionCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import type { AwsWorld, SimulatedEc2Instance } from '../../../../src/simulator/services/world.ts';
import { connected, instanceId, rejection } from '../../../aws/connected.ts';

const instances: Record<string, SimulatedEc2Instance> = {
  'i-1': { privateIpv4: '10.0.0.1', zone: 'eu-west-1b', tags: { Class: 'erlang', Name: 'a' } },
  'i-2': { privateIpv4: '10.0.0.2', state: 'pending', tags: { Class: 'erlang' } },
  'i-3': { privateIpv4: '10.0.0.3', state: 'terminated', tags: { Class: 'erlang' } },
  'i-4': { privateIpv4: '10.0.0.4', vpcId: 'vpc-other', tags: { Class: 'erlang.2' } },
};

async function asking(world: Partial<AwsWorld> = {}) {
  const { services } = await connected({
    clock: systemClock,
    world: { groups: {}, tags: {}, instances, ...world },
  });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
  const client = new EC2Client({ region: 'eu-west-1', endpoint: services.url, credentials });
  onTestFinished(() => client.destroy());
  const ask = async (input: DescribeInstancesCommandInput) => {
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand(input));
    return Reservations.flatMap((one) => one.Instances ?? []);
  };
  const ids = async (...filters: [name: string, ...values: string[]][]) => {
    const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
    return (await ask({ Filters })).map((one) => one.InstanceId);
  };
  return { services, client, ask, ids };
}

test('what an instance is: address, zone, state, tags; one that is gone has no address', async () => {
  const { ask } = await asking();
  expect(await ask({ InstanceIds: ['i-1', 'i-3'] })).toMatchObject([
    {
      InstanceId: 'i-1',
      PrivateIpAddress: '10.0.0.1',
      Placement: { AvailabilityZone: 'eu-west-1b' },
      State: { Code: 16, Name: 'running' },
      Tags: [
        { Key: 'Class', Value: 'erlang' },
        { Key: 'Name', Value: 'a' },
      ],
    },
    { InstanceId: 'i-3', State: { Code: 48, Name: 'terminated' } },
  ]);
  expect((await ask({ InstanceIds: ['i-3'] }))[0]?.PrivateIpAddress).toBeUndefined();
});

test('filters: all must hold, each by any of its values, with wildcards', async () => {
  const { ids } = await asking();
  expect(await ids(['tag:Class', 'erlang'])).toEqual(['i-1', 'i-2', 'i-3']);
  expect(await ids(['tag:Class', 'erlang'], ['instance-state-name', 'pending', 'running'])).toEqual(
    ['i-1', 'i-2'],
  );
  expect(await ids(['tag:Class', 'erlang*'], ['vpc-id', 'vpc-other'])).toEqual(['i-4']);
  expect(await ids(['tag:Class', 'erlang?2'])).toEqual(['i-4']);
  expect(await ids(['tag:Class', 'Erlang'])).toEqual([]);
  expect(await ids(['tag-key', 'Name'])).toEqual(['i-1']);
  expect(await ids(['subnet-id', '*'])).toEqual([]);
  const wrong = await rejection(ids(['nonsense', 'x']));
  expect([wrong.name, wrong.message]).toEqual([
    'InvalidParameterValue',
    "The filter 'nonsense' is invalid",
  ]);
});

test('pages of MaxResults, which is at least 5 and not for ids', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 12 }, (_, n) => [`i-${n}`, { tags: { Class: 'erlang' } }]),
  );
  const { client, ask } = await asking({ instances: many });
  const sizes: number[] = [];
  for await (const page of paginateDescribeInstances({ client, pageSize: 5 }, {}))
    sizes.push(page.Reservations?.length ?? 0);
  expect(sizes).toEqual([5, 5, 2]);
  expect((await rejection(ask({ MaxResults: 4 }))).name).toBe('InvalidParameterValue');
  const both = ask({ MaxResults: 5, InstanceIds: ['i-1'] });
  expect((await rejection(both)).name).toBe('InvalidParameterCombination');
});

test('an instance that joins a group launches there; it may be seen later than it exists', async () => {
  const { services, ids } = await asking({
    groups: { web: { instances: {}, hooks: { ready: { transition: 'launching' } } } },
  });
  const tags = { Class: 'erlang' };
  const member = { zone: 'eu-west-1c' };
  services.join('i-8', { tags, visibleAfterMs: 3_600_000 });
  services.join('i-9', { tags, ...member }, { group: 'web', member });
  expect(services.group('web')?.instances['i-9']?.lifecycleState).toBe('Pending:Wait');
  expect(await ids(['instance-id', 'i-8', 'i-9'])).toEqual(['i-9']);
  expect(services.instances.find('i-8')?.state).toBe('running');
  expect(() => services.join('i-7', {}, { group: 'none', member: {} })).toThrow(RangeError);
});

test('an instance is in the state in which its group puts it', async () => {
  const { services, ids } = await asking({
    groups: {
      web: { instances: { [instanceId]: {} }, hooks: { ready: { transition: 'launching' } } },
    },
  });
  expect(await ids(['instance-state-name', 'running'], ['instance-id', instanceId])).toHaveLength(
    1,
  );
  await abandon(services.url);
  expect(await ids(['instance-state-name', 'shutting-down'])).toEqual([instanceId]);
});

async function abandon(url: string): Promise<void> {
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
  const client = new AutoScalingClient({ region: 'eu-west-1', endpoint: url, credentials });
  onTestFinished(() => client.destroy());
  await client.send(
    new CompleteLifecycleActionCommand({
      AutoScalingGroupName: 'web',
      LifecycleHookName: 'ready',
      InstanceId: instanceId,
      LifecycleActionResult: 'ABANDON',
    }),
  );
}
