/** DescribeInstances: by ids or by filters, in pages. */
import type { Groups } from '../groups.ts';
import { type QueryInput, xmlReply } from '../query.ts';
import { type Reply, ServiceError } from '../service.ts';
import type { AwsWorld, InstanceState } from '../world.ts';
import { type XmlElements, xmlDocument } from '../xml.ts';
import { filtersOf, passes } from './filters.ts';
import type { Ec2Instance, Instances } from './instances.ts';
import { namespace } from './namespace.ts';

/** EC2 API reference, InstanceState. */
const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export interface Ec2Account {
  readonly world: AwsWorld;
  readonly instances: Instances;
  readonly groups: Groups;
  /** Whether tags are known to the API by now. */
  readonly tagsVisible: () => boolean;
}

/** Throws ServiceError as the API does: unknown ids, unknown filters, MaxResults out of its bounds or beside ids. */
export function describeInstances(account: Ec2Account, input: QueryInput): Reply {
  const asked = input.list('InstanceId');
  const visible = account.instances.visible();
  const unknown = asked.filter((id) => !visible.some((instance) => instance.id === id));
  if (unknown.length > 0) {
    throw new ServiceError(
      400,
      'InvalidInstanceID.NotFound',
      `The instance ID '${unknown.join(', ')}' does not exist`,
    );
  }
  const filters = filtersOf(input);
  const matching = visible
    .filter(({ id }) => asked.length === 0 || asked.includes(id))
    .filter((instance) => passes(filters, (name) => valuesOf(account, instance, name)));
  const { first, most } = pageOf(input, asked.length > 0);
  const next = first + most < matching.length ? `page-${first + most}` : undefined;
  const document = {
    requestId: 'simulated',
    reservationSet: {
      item: matching.slice(first, first + most).map((instance) => ({
        reservationId: instance.id.replace(/^i-/, 'r-'),
        ownerId: account.world.accountId,
        instancesSet: { item: instanceXml(account, instance) },
      })),
    },
    nextToken: next,
  };
  return xmlReply(xmlDocument('DescribeInstancesResponse', document, namespace));
}

/** EC2 API reference, DescribeInstances: MaxResults is 5 to 1000, and not to be used beside instance ids. */
function pageOf(input: QueryInput, byIds: boolean): { first: number; most: number } {
  const text = input.text('MaxResults');
  const first = Number(/^page-(\d+)$/.exec(input.text('NextToken') ?? '')?.[1] ?? 0);
  if (text === undefined) return { first, most: 1000 };
  if (byIds) {
    throw new ServiceError(
      400,
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  const most = Number(text);
  if (most >= 5 && most <= 1000) return { first, most };
  throw new ServiceError(
    400,
    'InvalidParameterValue',
    `Value ( ${text} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
  );
}

/** A group's launch that was given up ends its instance. */
function stateOf({ groups }: Ec2Account, { id, state }: Ec2Instance): InstanceState {
  const launch = groups.find(id)?.launch.state;
  if (launch === 'Terminated') return 'terminated';
  if (launch === 'Terminating' || launch === 'Terminating:Proceed') return 'shutting-down';
  return state;
}

function valuesOf(
  account: Ec2Account,
  instance: Ec2Instance,
  filter: string,
): readonly string[] | undefined {
  const tags = account.tagsVisible() ? instance.tags : new Map<string, string>();
  if (filter.startsWith('tag:')) return [tags.get(filter.slice('tag:'.length)) ?? []].flat();
  if (filter === 'tag-key') return [...tags.keys()];
  const { described, id } = instance;
  const plain: Readonly<Record<string, string | undefined>> = {
    'instance-id': id,
    'instance-state-name': stateOf(account, instance),
    'instance-type': described.instanceType,
    'availability-zone': described.zone ?? `${account.world.region}a`,
    'vpc-id': described.vpcId ?? defaultVpc,
    'subnet-id': described.subnetId,
    'image-id': described.imageId,
    'private-ip-address': described.privateIpv4,
    architecture: described.architecture,
  };
  return filter in plain ? [plain[filter] ?? []].flat() : undefined;
}

/** One VPC for all that say nothing else. */
const defaultVpc = 'vpc-0a11ce00000000000';

/** An instance that is shutting down or gone has given its address back. */
function instanceXml(account: Ec2Account, instance: Ec2Instance): XmlElements {
  const { described, id, launchedAt } = instance;
  const state = stateOf(account, instance);
  const gone = state === 'terminated';
  const tags = account.tagsVisible() ? [...instance.tags] : [];
  return {
    instanceId: id,
    imageId: described.imageId,
    instanceState: { code: stateCodes[state], name: state },
    instanceType: described.instanceType,
    launchTime: new Date(launchedAt),
    placement: { availabilityZone: described.zone ?? `${account.world.region}a` },
    subnetId: gone ? undefined : described.subnetId,
    vpcId: gone ? undefined : (described.vpcId ?? defaultVpc),
    privateIpAddress: gone ? undefined : described.privateIpv4,
    architecture: described.architecture,
    tagSet: { item: tags.map(([key, value]) => ({ key, value })) },
  };
}
