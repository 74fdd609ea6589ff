/** RunInstances: what a request, or the launch template of a group, asks for. */
import type { QueryInput } from '../query.ts';
import type { AwsWorld, SimulatedEc2Instance } from '../world.ts';
import type { BlockDevice } from './block-devices.ts';
import { blockDevicesFor } from './block-devices.ts';
import type { Image } from './image.ts';
import type { MetadataOptions } from './instance.ts';
import { metadataOptionsIn } from './metadata-options.ts';
import { refused, wrongValue } from './refusals.ts';
import { tagsFor } from './tags.ts';

/** One instance as it was asked for. */
export interface Wanted {
  readonly imageId: string;
  readonly instanceType: string;
  readonly subnetId?: string;
  readonly zone?: string;
  readonly privateIpv4?: string;
  readonly keyName?: string;
  readonly securityGroupIds?: readonly string[];
  readonly securityGroups?: readonly string[];
  readonly userData?: Buffer;
  readonly instanceProfile?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly volumeTags?: Readonly<Record<string, string>>;
  readonly metadataOptions?: Partial<MetadataOptions>;
  readonly shutdownBehavior?: 'stop' | 'terminate';
  readonly terminationDisabled?: boolean;
  readonly spot?: boolean;
  readonly clientToken?: string;
  readonly devices?: (image: Image) => readonly BlockDevice[];
}

/** EC2 user guide, user data: at most 16 KB before it is encoded. */
const longestUserData = 16_384;
/** AWS Graviton: the letter g behind the generation. */
const gravitonTypes = /^(a1|[a-z]+\d+g[a-z]*)\./;

/** Reads a request; `count` is how many of it are wanted. */
export function wantedIn(input: QueryInput, world: AwsWorld): { wanted: Wanted; count: number } {
  const [card] = input.parts('NetworkInterface');
  const text = (name: string) => input.text(name);
  const optional = {
    subnetId: text('SubnetId') ?? card?.text('SubnetId'),
    zone: text('Placement.AvailabilityZone'),
    privateIpv4: text('PrivateIpAddress') ?? card?.text('PrivateIpAddress'),
    keyName: text('KeyName'),
    userData: userDataIn(text('UserData')),
    instanceProfile:
      text('IamInstanceProfile.Name') ?? text('IamInstanceProfile.Arn')?.split('/').at(-1),
    clientToken: text('ClientToken'),
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  const imageId = text('ImageId');
  if (!imageId) throw refused('MissingParameter', 'The request must contain the parameter ImageId');
  const wanted: Wanted = {
    ...Object.fromEntries(given),
    imageId,
    // EC2 API reference, RunInstances: the default.
    instanceType: text('InstanceType') ?? 'm1.small',
    securityGroupIds: [...input.list('SecurityGroupId'), ...(card?.list('SecurityGroupId') ?? [])],
    securityGroups: input.list('SecurityGroup'),
    tags: tagsFor(input, 'instance'),
    volumeTags: tagsFor(input, 'volume'),
    metadataOptions: metadataOptionsIn(input, 'MetadataOptions.'),
    shutdownBehavior:
      text('InstanceInitiatedShutdownBehavior') === 'terminate' ? 'terminate' : 'stop',
    terminationDisabled: text('DisableApiTermination') === 'true',
    spot: text('InstanceMarketOptions.MarketType') === 'spot',
    devices: (image) => blockDevicesFor(input, image.devices),
  };
  const count = Number(text('MaxCount') ?? 1);
  const least = Number(text('MinCount') ?? 1);
  if (!(count >= least && least >= 1))
    throw wrongValue(`Value (${text('MinCount')}) for parameter minCount is invalid`);
  const { region } = world;
  if (wanted.zone !== undefined && !wanted.zone.startsWith(region))
    throw wrongValue(`Invalid availability zone: [${wanted.zone}]`);
  return { wanted, count };
}

/** @throws ServiceError InvalidParameterValue where type and image do not go together */
export function demandArchitecture(instanceType: string, image: Image): void {
  const architecture = architectureOf({ instanceType });
  if (architecture === image.architecture) return;
  throw wrongValue(
    `The architecture '${architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

/** Where nothing says so, the instance type does. */
export function architectureOf({
  architecture,
  instanceType = '',
}: Pick<SimulatedEc2Instance, 'architecture' | 'instanceType'>): 'x86_64' | 'arm64' {
  const arm =
    architecture === undefined ? gravitonTypes.test(instanceType) : architecture === 'arm64';
  return arm ? 'arm64' : 'x86_64';
}

export function userDataIn(base64: string | undefined): Buffer | undefined {
  if (base64 === undefined || base64 === '') return undefined;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > longestUserData)
    throw wrongValue(`User data is limited to ${longestUserData} bytes`);
  return bytes;
}
