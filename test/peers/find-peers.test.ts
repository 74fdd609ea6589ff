import { describe, expect, it } from 'vitest';
import type { InstanceDirectory, ListedInstance } from '../../src/aws/aws.ts';
import type { Happening } from '../../src/events.ts';
import { findPeers } from '../../src/peers/find-peers.ts';

const self = { instanceId: 'i-self', privateIpv4: '10.0.0.5', zone: 'eu-west-1a', vpcId: 'vpc-1' };

describe('findPeers', () => {
  it('gives the others of the same VPC in the order of their addresses', async () => {
    const { peers, told, asked } = await finding([
      { ...self, instanceId: 'i-3', privateIpv4: '10.0.0.100' },
      { ...self, instanceId: 'i-2', privateIpv4: '10.0.0.20', zone: 'eu-west-1b' },
      self,
      { ...self, instanceId: 'i-4', privateIpv4: '10.0.0.4', vpcId: 'vpc-2' },
    ]);
    expect(peers).toEqual([
      { instance_id: 'i-2', private_ipv4: '10.0.0.20', zone: 'eu-west-1b' },
      { instance_id: 'i-3', private_ipv4: '10.0.0.100', zone: 'eu-west-1a' },
    ]);
    expect(told).toEqual([{ type: 'peers-found', peers: ['10.0.0.20', '10.0.0.100'] }]);
    expect(asked).toEqual([[{ Class: 'erlang' }, 'i-self']]);
  });

  it('leaves out an instance that has no address yet', async () => {
    const { privateIpv4: _, ...pending } = { ...self, instanceId: 'i-2' };
    expect((await finding([self, pending])).peers).toEqual([]);
  });

  it('asks nothing for an instance that lacks the tag, and says so', async () => {
    const { peers, told, asked } = await finding([], { lacks: 'Cluster' });
    expect([peers, asked]).toEqual([[], []]);
    expect(told).toEqual([{ type: 'warning', message: expect.stringContaining('tag Cluster') }]);
  });
});

async function finding(
  listed: readonly ListedInstance[],
  wish: Parameters<typeof findPeers>[0] = { tags: { Class: 'erlang' } },
) {
  const told: Happening[] = [];
  const asked: unknown[] = [];
  const directory: InstanceDirectory = {
    withTags: async (tags, including) => {
      asked.push([tags, including]);
      return listed;
    },
  };
  const tell = (happening: Happening) => void told.push(happening);
  return { peers: await findPeers(wish, 'i-self', directory, { tell }), told, asked };
}
