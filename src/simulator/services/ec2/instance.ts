/** Instance: one of simulated EC2, its states, what can be filtered by, and how it is described. */
import type { InstanceState, SimulatedEc2Instance } from '../world.ts';
import type { Xml, XmlElements } from '../xml.ts';
import type { Facets } from './filters.ts';
import type { KeyPair } from './key-pairs.ts';
import { vpcId } from './networks.ts';
import type { SecurityGroup } from './security-groups.ts';
import { attachmentXml, type Volume } from './volumes.ts';

/** EC2 API reference, InstanceState. */
const codes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export interface MetadataOptions {
  readonly httpTokens: 'optional' | 'required';
  readonly httpPutResponseHopLimit: number;
  readonly instanceMetadataTags: 'enabled' | 'disabled';
}

/** An instance as it stands now. */
export interface Ec2Instance {
  readonly id: string;
  described: SimulatedEc2Instance;
  readonly launchedAt: number;
  /** By the monotonic clock: EC2's API is eventually consistent. */
  readonly visibleAt: number;
  state: InstanceState;
  readonly rootDevice: string;
  readonly groups: readonly SecurityGroup[];
  readonly keyPair?: KeyPair;
  readonly clientToken?: string;
  readonly instanceProfile?: string;
  readonly spot?: boolean;
  /** Somebody else runs it: no machine of ours is behind it. */
  readonly fromOutside?: boolean;
  /** The Auto Scaling group that launched it. */
  readonly autoScalingGroup?: string;
  metadataOptions: MetadataOptions;
  userData?: Buffer | undefined;
  shutdownBehavior: 'stop' | 'terminate';
  terminationDisabled: boolean;
  /** Why it is in its state, where that is not by somebody's wish. */
  why?: string;
}

export function stateXml(state: InstanceState): XmlElements {
  return { code: codes[state], name: state };
}

export function instanceFacets(one: Ec2Instance, state: InstanceState): Facets {
  const { described } = one;
  const there = state !== 'terminated';
  return {
    'instance-id': one.id,
    'instance-state-name': state,
    'instance-state-code': String(codes[state]),
    'instance-type': described.instanceType,
    'image-id': described.imageId,
    architecture: described.architecture,
    'availability-zone': described.zone,
    'private-ip-address': described.privateIpv4,
    'subnet-id': described.subnetId,
    'vpc-id': described.vpcId ?? vpcId,
    'key-name': one.keyPair?.name,
    'client-token': one.clientToken,
    'instance.group-id': there ? one.groups.map(({ id }) => id) : undefined,
    'metadata-options.http-tokens': one.metadataOptions.httpTokens,
  };
}

/** An instance that is gone has given its address back. */
export function instanceXml(
  one: Ec2Instance,
  state: InstanceState,
  { volumes, tags, accountId }: { volumes: readonly Volume[]; tags: Xml; accountId: string },
): XmlElements {
  const { described, metadataOptions } = one;
  return {
    instanceId: one.id,
    imageId: described.imageId,
    instanceState: stateXml(state),
    stateReason: one.why && { code: 'Server.InternalError', message: one.why },
    keyName: one.keyPair?.name,
    instanceType: described.instanceType,
    launchTime: new Date(one.launchedAt),
    placement: { availabilityZone: described.zone, tenancy: 'default' },
    ...(state !== 'terminated' && {
      subnetId: described.subnetId,
      vpcId: described.vpcId ?? vpcId,
      privateIpAddress: described.privateIpv4,
      groupSet: { item: one.groups.map(({ id, name }) => ({ groupId: id, groupName: name })) },
    }),
    architecture: described.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: one.rootDevice,
    blockDeviceMapping: { item: volumes.map(attachmentXml) },
    virtualizationType: 'hvm',
    clientToken: one.clientToken,
    tagSet: tags,
    hypervisor: 'xen',
    iamInstanceProfile: one.instanceProfile && {
      arn: `arn:aws:iam::${accountId}:instance-profile/${one.instanceProfile}`,
    },
    instanceLifecycle: one.spot === true ? 'spot' : undefined,
    enaSupport: true,
    metadataOptions: { state: 'applied', httpEndpoint: 'enabled', ...metadataOptions },
  };
}
