/** The simulated instance, as a scenario describes it, and the metadata that follows from it. */
import type { Clock } from '../../clock.ts';
import { networkInterfaceOf } from './network-interface.ts';

/** Written by people in scenario files, hence the spelling. */
export interface SimulatedInstance {
  readonly instance_id: string;
  readonly instance_type: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly zone: string;
  readonly region: string;
  readonly account_id: string;
  readonly image_id: string;
  readonly private_ipv4: string;
  /** Default: made of the address and the Region, as EC2 does. */
  readonly hostname?: string;
  readonly public_ipv4?: string;
  readonly ipv6?: string;
  /** Hardware address of its network interface; default: made of the address. */
  readonly mac?: string;
  /** The key pair it was launched with: whoever has the private key may log in. */
  readonly key_pair?: { readonly name: string; readonly public_key: string };
  /** `on-demand` (default), `spot`, `capacity-block`. */
  readonly life_cycle?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** InstanceMetadataTags; default true. */
  readonly tags_in_metadata?: boolean;
  /** HttpTokens; default `required`: version 1 of the service is not answered. */
  readonly metadata_tokens?: 'optional' | 'required';
  /** Name of the IAM role of the instance profile; absent: no profile, no credentials. */
  readonly instance_profile?: string;
  /** Auto Scaling group: adds the tag aws:autoscaling:groupName. */
  readonly group?: string;
  /** How long ago EC2 started it, when the simulation begins; 0 when absent. */
  readonly started_seconds_ago?: number;
  /** Default: InService in a group, absent outside one. */
  readonly target_lifecycle_state?: string;
}

/** What the simulated instance profile hands out; a simulated AWS service can check requests against it. */
export interface SimulatedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export const simulatedCredentials: SimulatedCredentials = {
  accessKeyId: 'AKIASIMULATED',
  secretAccessKey: 'simulated/secret/access/key',
  sessionToken: 'simulated-session-token',
};

/** Tags as EC2 holds them: those of the scenario and those that Auto Scaling adds. */
export function tagsOf(instance: SimulatedInstance): Record<string, string> {
  const group = instance.group === undefined ? {} : { 'aws:autoscaling:groupName': instance.group };
  return { ...instance.tags, ...group };
}

/** The metadata of an instance: key below /latest/ -> value, computed anew at each read where time is in it. */
export function metadataOf(
  instance: SimulatedInstance,
  clock: Clock,
  credentials: SimulatedCredentials = simulatedCredentials,
): Map<string, () => string> {
  const bootedAt = clock.now() - (instance.started_seconds_ago ?? 0) * 1000;
  const values = new Map<string, () => string>();
  const put = (key: string, value: string | undefined) => {
    if (value !== undefined) values.set(key, () => value);
  };
  put('meta-data/ami-id', instance.image_id);
  put('meta-data/ami-launch-index', '0');
  put('meta-data/ami-manifest-path', '(unknown)');
  put(
    'meta-data/autoscaling/target-lifecycle-state',
    instance.target_lifecycle_state ?? (instance.group === undefined ? undefined : 'InService'),
  );
  put('meta-data/block-device-mapping/ami', '/dev/xvda');
  put('meta-data/block-device-mapping/root', '/dev/xvda');
  put('meta-data/hostname', hostnameOf(instance));
  put('meta-data/instance-action', 'none');
  put('meta-data/instance-id', instance.instance_id);
  put('meta-data/instance-life-cycle', instance.life_cycle ?? 'on-demand');
  put('meta-data/instance-type', instance.instance_type);
  put('meta-data/ipv6', instance.ipv6);
  put('meta-data/local-hostname', hostnameOf(instance));
  put('meta-data/local-ipv4', instance.private_ipv4);
  for (const [key, value] of Object.entries(networkInterfaceOf(instance, hostnameOf(instance))))
    put(`meta-data/${key}`, value);
  put('meta-data/placement/availability-zone', instance.zone);
  put('meta-data/placement/region', instance.region);
  put('meta-data/profile', 'default-hvm');
  put('meta-data/public-ipv4', instance.public_ipv4);
  const { key_pair } = instance;
  // The list says "0=NAME", the directory is "0".
  put('meta-data/public-keys/', key_pair && `0=${key_pair.name}`);
  put('meta-data/public-keys/0/openssh-key', key_pair?.public_key);
  put('meta-data/reservation-id', `r-${instance.instance_id.slice(2)}`);
  put('meta-data/security-groups', 'default');
  const { domain, partition } = partitionOf(instance.region);
  put('meta-data/services/domain', domain);
  put('meta-data/services/partition', partition);
  put('meta-data/system', 'nitro');
  if (instance.tags_in_metadata !== false) {
    for (const [key, value] of Object.entries(tagsOf(instance))) {
      put(`meta-data/tags/instance/${key}`, value);
    }
  }
  values.set(documentKey, () => identityDocument(instance, bootedAt));
  if (instance.instance_profile !== undefined) {
    const key = `meta-data/iam/security-credentials/${instance.instance_profile}`;
    values.set(key, () => credentialsDocument(clock, credentials));
  }
  return values;
}

function hostnameOf(instance: SimulatedInstance): string {
  // EC2 user guide, "EC2 instance hostnames and domains": us-east-1 has a domain of its own.
  const domain =
    instance.region === 'us-east-1' ? 'ec2.internal' : `${instance.region}.compute.internal`;
  return instance.hostname ?? `ip-${instance.private_ipv4.replaceAll('.', '-')}.${domain}`;
}

function partitionOf(region: string): { domain: string; partition: string } {
  if (region.startsWith('cn-')) return { domain: 'amazonaws.com.cn', partition: 'aws-cn' };
  const partition = region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return { domain: 'amazonaws.com', partition };
}

export const documentKey = 'dynamic/instance-identity/document';

/** `bootedAt`: when EC2 last started it, milliseconds since the epoch. */
export function identityDocument(instance: SimulatedInstance, bootedAt: number): string {
  const document = {
    accountId: instance.account_id,
    architecture: instance.architecture,
    availabilityZone: instance.zone,
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: instance.image_id,
    instanceId: instance.instance_id,
    instanceType: instance.instance_type,
    kernelId: null,
    pendingTime: secondsIso(bootedAt),
    privateIp: instance.private_ipv4,
    ramdiskId: null,
    region: instance.region,
    version: '2017-09-30',
  };
  return JSON.stringify(document, null, 2);
}

function credentialsDocument(clock: Clock, credentials: SimulatedCredentials): string {
  const sixHours = 6 * 3600 * 1000;
  const document = {
    Code: 'Success',
    LastUpdated: secondsIso(clock.now()),
    Type: 'AWS-HMAC',
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: secondsIso(clock.now() + sixHours),
  };
  return JSON.stringify(document, null, 2);
}

function secondsIso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
