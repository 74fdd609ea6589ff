/** The instances of an account by their tags, through the unmodified SDK. */
import { describe, expect, test } from 'vitest';
import { fasterClock, systemClock } from '../../src/clock.ts';
import { ConfigError } from '../../src/errors.ts';
import type { SimulatedEc2Instance } from '../../src/simulator/services/world.ts';
import { connected, instanceId, rejection } from './connected.ts';

const tags = { Class: 'erlang', Cluster: 'blue' };
const self: Record<string, SimulatedEc2Instance> = {
  [instanceId]: { privateIpv4: '10.0.0.5', zone: 'eu-west-1a', tags },
};
const account = { groups: {}, tags: {} };

describe('instances by their tags', () => {
  test('all that are pending or running and have every tag', async () => {
    const instances = {
      ...self,
      'i-2': { privateIpv4: '10.0.0.6', zone: 'eu-west-1b', state: 'pending', tags },
      'i-3': { privateIpv4: '10.0.0.7', state: 'stopped', tags },
      'i-4': { privateIpv4: '10.0.0.8', state: 'shutting-down', tags },
      'i-5': { privateIpv4: '10.0.0.9', tags: { ...tags, Cluster: 'blue-green' } },
      'i-6': { vpcId: 'vpc-2', zone: 'eu-west-1c', tags },
    } as const;
    const { aws, ledger } = await connected({ world: { ...account, instances } });
    expect(await aws.instances.withTags(tags, instanceId)).toEqual([
      expect.objectContaining({ instanceId, privateIpv4: '10.0.0.5', zone: 'eu-west-1a' }),
      expect.objectContaining({ instanceId: 'i-2', privateIpv4: '10.0.0.6', zone: 'eu-west-1b' }),
      { instanceId: 'i-6', zone: 'eu-west-1c', vpcId: 'vpc-2' },
    ]);
    expect(ledger.calls.map(({ operation }) => operation)).toEqual(['DescribeInstances']);
  });

  test('a tag is taken as it is written, not as a pattern', async () => {
    const odd = { Cluster: 'a*b?c\\d' };
    const instances = {
      [instanceId]: { tags: odd },
      'i-2': { tags: { Cluster: 'aXb?c\\d' } },
      'i-3': { tags: { Cluster: 'a*bXc\\d' } },
    };
    const { aws } = await connected({ world: { ...account, instances } });
    const listed = await aws.instances.withTags(odd, instanceId);
    expect(listed.map((one) => one.instanceId)).toEqual([instanceId]);
  });

  test('every page', async () => {
    const others = Array.from({ length: 1001 }, (_, n) => [`i-a${n}`, { tags }]);
    const instances = { ...Object.fromEntries(others), ...self };
    const { aws, ledger } = await connected({ world: { ...account, instances } });
    expect(await aws.instances.withTags(tags, instanceId)).toHaveLength(1002);
    expect(ledger.calls).toHaveLength(2);
  });

  test('an answer without the instance itself is asked for again', async () => {
    const late = { [instanceId]: { ...self[instanceId], visibleAfterMs: 20_000 } };
    // Seconds before it is listed, and seconds more until it is given up, on a slow machine too.
    const clock = fasterClock(10);
    const world = { ...account, instances: late };
    const { aws, ledger, told } = await connected({ world, clock });
    const { signal } = new AbortController();
    expect(await aws.instances.withTags(tags, instanceId, signal)).toHaveLength(1);
    expect(ledger.calls.length).toBeGreaterThan(1);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'aws-retrying',
        because: expect.stringContaining(
          `lists 0 instances with Class=erlang, Cluster=blue, but not ${instanceId} itself yet`,
        ),
      }),
    );
  });

  test('after a minute without it, that is a fault that a person must find', async () => {
    const { aws } = await connected({ world: { ...account, instances: { 'i-2': { tags } } } });
    const error = await rejection(
      aws.instances.withTags(tags, instanceId, new AbortController().signal),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(
      /lists 1 instances .* not even after 60 s\n {2}Was one of its tags/,
    );
  });

  test('throttled: again; denied: the permission that is missing', async () => {
    const { aws, ledger } = await connected({
      world: { ...account, instances: self },
      faults: [{ on: 'ec2:DescribeInstances', do: { status: 503 }, times: 2 }],
    });
    expect(await aws.instances.withTags(tags, instanceId)).toHaveLength(1);
    expect(ledger.calls.map(({ status }) => status)).toEqual([503, 503, 200]);

    const denied = await connected({
      world: { ...account, instances: self, denied: ['ec2:DescribeInstances'] },
      clock: systemClock,
    });
    const error = await rejection(denied.aws.instances.withTags(tags, instanceId));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('must be allowed ec2:DescribeInstances on *');
  });
});
