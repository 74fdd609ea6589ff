/** DescribeInstances of simulated EC2. */
import { type QueryInput, xmlReply } from '../query.ts';
import { type Reply, ServiceError } from '../service.ts';
import type { AwsWorld } from '../world.ts';
import { xmlDocument } from '../xml.ts';
import { namespace } from './namespace.ts';

/** The instances are those of the groups and those that have tags. */
export function describeInstances(world: AwsWorld, input: QueryInput): Reply {
  const members = new Map(
    Object.values(world.groups).flatMap(({ instances }) => Object.entries(instances)),
  );
  const known = new Set([...members.keys(), ...Object.keys(world.tags)]);
  const asked = input.list('InstanceId');
  const unknown = asked.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new ServiceError(
      400,
      'InvalidInstanceID.NotFound',
      `The instance ID '${unknown.join(', ')}' does not exist`,
    );
  }
  const instances = (asked.length > 0 ? asked : [...known]).map((instanceId) => ({
    instanceId,
    instanceType: members.get(instanceId)?.instanceType,
    placement: { availabilityZone: members.get(instanceId)?.zone ?? `${world.region}a` },
    instanceState: { code: 16, name: 'running' },
    tagSet: {
      item: Object.entries(world.tags[instanceId] ?? {}).map(([key, value]) => ({ key, value })),
    },
  }));
  const document = {
    requestId: 'simulated',
    reservationSet: {
      item: instances.map((instance) => ({
        ownerId: world.accountId,
        instancesSet: { item: instance },
      })),
    },
  };
  return xmlReply(xmlDocument('DescribeInstancesResponse', document, namespace));
}
