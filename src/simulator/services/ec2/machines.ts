/** Machines: the port to what runs instances. In memory nothing runs; the machine tests plug real machines in here. */
import type { SimulatedInstance } from '../../metadata/instance.ts';
import type { AwsWorld } from '../world.ts';
import type { Ec2Instance } from './instance.ts';
import { architectureOf } from './run-instances.ts';

export interface Machines {
  /** Puts a machine together on a copy of the disk and switches it on; resolves when it runs. */
  launch(machine: LaunchedMachine): Promise<void>;
  /** Switches it on again, with the disk that it has; its type and its user data may have changed. */
  start(machine: Pick<LaunchedMachine, 'instance' | 'userData'>): Promise<void>;
  /** Shuts it down in good order; resolves when it is off. */
  stop(instanceId: string): Promise<void>;
  /** Shuts it down, and its disk is gone. */
  terminate(instanceId: string): Promise<void>;
  /** Restarts it from another copy of a disk in the place of its own. */
  replaceRoot(instanceId: string, snapshotId: string): Promise<void>;
  /** Keeps the disk of an instance as a snapshot, from which others can be launched. */
  keepDisk(instanceId: string, snapshotId: string): Promise<void>;
  copyDisk(snapshotId: string, copyId: string): Promise<void>;
  forgetDisk(snapshotId: string): Promise<void>;
}

export interface LaunchedMachine {
  /** What its metadata says. */
  readonly instance: SimulatedInstance;
  readonly userData?: Buffer;
  /** The snapshot of its image's root device. */
  readonly snapshotId: string;
  /** To be called when it went off by itself, as by poweroff(8). */
  readonly wentOff: () => void;
}

const nothing = async (): Promise<void> => undefined;

export const machinesInMemory: Machines = {
  launch: nothing,
  start: nothing,
  stop: nothing,
  terminate: nothing,
  replaceRoot: nothing,
  keepDisk: nothing,
  copyDisk: nothing,
  forgetDisk: nothing,
};

/** What the machine of an instance is told about it. */
export function machineOf(
  instance: Ec2Instance,
  { region, accountId }: AwsWorld,
): Pick<LaunchedMachine, 'instance' | 'userData'> {
  const { id, described, metadataOptions, userData, autoScalingGroup, instanceProfile } = instance;
  const { keyPair } = instance;
  return {
    instance: {
      instance_id: id,
      instance_type: described.instanceType ?? '',
      architecture: architectureOf(described),
      zone: described.zone ?? `${region}a`,
      region,
      account_id: accountId,
      image_id: described.imageId ?? '',
      private_ipv4: described.privateIpv4 ?? '',
      tags: described.tags ?? {},
      tags_in_metadata: metadataOptions.instanceMetadataTags === 'enabled',
      metadata_tokens: metadataOptions.httpTokens,
      ...(instance.spot && { life_cycle: 'spot' }),
      ...(instanceProfile && { instance_profile: instanceProfile }),
      ...(keyPair && {
        key_pair: { name: keyPair.name, public_key: `${keyPair.openssh} ${keyPair.name}` },
      }),
      ...(autoScalingGroup && { group: autoScalingGroup }),
    },
    ...(userData && { userData }),
  };
}
