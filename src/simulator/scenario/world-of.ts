/** The AWS account of a scenario: its objects packed, manifests worked out, the instance in its group. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ConfigError } from '../../errors.ts';
import { type SimulatedInstance, tagsOf } from '../metadata/instance.ts';
import { digestsOf } from '../services/objects.ts';
import type {
  AwsWorld,
  Digests,
  PoolState,
  SimulatedEc2Instance,
  SimulatedGroup,
  SimulatedMember,
} from '../services/world.ts';
import { type ArchiveFormat, archiveOf } from './archive.ts';
import type {
  ScenarioFile,
  ScenarioGroup,
  ScenarioInstance,
  ScenarioObject,
} from './scenario-file.ts';

type StoredBytes = { bytes: Buffer; versionId: string; digests: Digests };

/** `folders`: the scenario's and those it extends; a file is taken from the first that has it. */
export async function worldOf(
  aws: NonNullable<ScenarioFile['aws']>,
  instance: SimulatedInstance,
  folders: readonly string[],
): Promise<AwsWorld> {
  const buckets: Record<string, Record<string, StoredBytes>> = {};
  for (const [bucket, objects] of Object.entries(aws.buckets ?? {})) {
    buckets[bucket] = await objectsOf(objects, folders);
  }
  return {
    region: instance.region,
    accountId: instance.account_id,
    buckets,
    ...(aws.bucket_regions !== undefined && { bucketRegions: aws.bucket_regions }),
    secrets: Object.fromEntries(
      Object.entries(aws.secrets ?? {})
        .filter(([, value]) => value !== null)
        .map(([name, value]) => [
          name,
          { value: typeof value === 'string' ? value : JSON.stringify(value) },
        ]),
    ),
    groups: Object.fromEntries(
      Object.entries(aws.groups ?? {}).flatMap(([name, group]) =>
        group === null ? [] : [[name, groupOf(group, instance, name)] as const],
      ),
    ),
    instances: {
      ...othersOf(aws.instances ?? {}),
      [instance.instance_id]: {
        ...ec2InstanceOf(instance),
        visibleAfterMs: (aws.listed_after_seconds ?? 0) * 1000,
      },
    },
    tags: { [instance.instance_id]: tagsOf(instance) },
    denied: aws.denied ?? [],
  };
}

async function objectsOf(
  objects: Readonly<Record<string, ScenarioObject | null>>,
  folders: readonly string[],
): Promise<Record<string, StoredBytes>> {
  const made = new Map<string, Buffer>();
  for (const [key, object] of Object.entries(objects)) {
    if (object !== null && !('manifest_of_release' in object))
      made.set(key, await bytesOf(object, folders));
  }
  for (const [key, object] of Object.entries(objects)) {
    if (object !== null && 'manifest_of_release' in object) {
      made.set(key, manifest(key, object.manifest_of_release, made));
    }
  }
  const objectOf = async ([key, bytes]: [string, Buffer]) => {
    const digests = await digestsOf([bytes]);
    const versionId = Buffer.from(digests.sha256, 'base64').toString('hex').slice(0, 32);
    return [key, { bytes, digests, versionId }] as const;
  };
  return Object.fromEntries(await Promise.all([...made].map(objectOf)));
}

async function bytesOf(object: ScenarioObject, folders: readonly string[]): Promise<Buffer> {
  if ('text' in object) return Buffer.from(object.text);
  if ('json' in object) return Buffer.from(JSON.stringify(object.json, null, 2));
  if ('file' in object) return readFileSync(found(object.file, folders));
  const [[kind, name]] = Object.entries(object) as [[string, string]];
  return archiveOf(found(name, folders), kind.replace('_', '.') as ArchiveFormat);
}

/** The manifest of a release: every object below the manifest's own folder. */
function manifest(key: string, release: string, objects: ReadonlyMap<string, Buffer>): Buffer {
  const folder = `${posix.dirname(key)}/`;
  const files = [...objects]
    .filter(([other]) => other.startsWith(folder))
    .map(([other, bytes]) => [
      other.slice(folder.length),
      { sha256: sha256(bytes), size: bytes.length },
    ]);
  return Buffer.from(JSON.stringify({ release, files: Object.fromEntries(files) }, null, 2));
}

function found(name: string, folders: readonly string[]): string {
  const path = folders.map((folder) => join(folder, name)).find((one) => existsSync(one));
  if (path !== undefined) return path;
  throw new ConfigError(`${folders[0]}/scenario.yaml names "${name}", which is not beside it.`);
}

function othersOf(
  instances: Readonly<Record<string, ScenarioInstance | null>>,
): Record<string, SimulatedEc2Instance> {
  return Object.fromEntries(
    Object.entries(instances).flatMap(([id, other]) => {
      if (other === null) return [];
      const { private_ipv4: privateIpv4, instance_type: instanceType, vpc: vpcId } = other;
      const { zone, state, tags } = other;
      const named = { instanceType, vpcId, zone, tags };
      const given = Object.entries(named).filter(([, value]) => value !== undefined);
      return [[id, { privateIpv4, state, ...Object.fromEntries(given) }] as const];
    }),
  );
}

/** What EC2's API says of the instance itself. */
export function ec2InstanceOf(instance: SimulatedInstance): SimulatedEc2Instance {
  return {
    instanceType: instance.instance_type,
    architecture: instance.architecture,
    imageId: instance.image_id,
    zone: instance.zone,
    privateIpv4: instance.private_ipv4,
  };
}

/** How it stands in its group at the start. */
export function memberOf({
  zone,
  instance_type,
  target_lifecycle_state = '',
}: SimulatedInstance): SimulatedMember {
  const pool = /^Warmed:(Stopped|Running|Hibernated)$/.exec(target_lifecycle_state)?.[1];
  return { zone, instanceType: instance_type, ...(pool && { pool: pool as PoolState }) };
}

/** The instance is launching in the group it is tagged with. */
function groupOf(group: ScenarioGroup, instance: SimulatedInstance, name: string): SimulatedGroup {
  return {
    instances: instance.group === name ? { [instance.instance_id]: memberOf(instance) } : {},
    ...(group.target_group !== undefined && { targetGroups: [group.target_group.name] }),
    hooks: Object.fromEntries(
      group.hooks.map((hook) => [
        hook.name,
        {
          transition: hook.transition,
          heartbeatTimeoutSeconds: hook.heartbeat_timeout,
          defaultResult: hook.default_result,
          ...(hook.created_after !== undefined && { createdAfterMs: hook.created_after * 1000 }),
          ...(hook.deleted_after !== undefined && { deletedAfterMs: hook.deleted_after * 1000 }),
        },
      ]),
    ),
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
