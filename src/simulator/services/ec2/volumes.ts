/** Volumes of simulated EC2: the disks of its instances. */
import type { Clock } from '../../../clock.ts';
import type { QueryInput } from '../query.ts';
import type { XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import type { Ids } from './ids.ts';
import { notFound, parameter, refused } from './refusals.ts';
import type { Tags } from './tags.ts';

/** What a block device mapping says of a volume. */
export interface VolumeKind {
  readonly sizeGib: number;
  readonly type: string;
  readonly iops?: number;
  readonly throughput?: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly deleteOnTermination: boolean;
  /** Absent: it starts empty. */
  readonly snapshotId?: string;
}

export interface Volume extends VolumeKind {
  readonly id: string;
  readonly zone: string;
  readonly device: string;
  readonly createdAt: number;
  instanceId: string | undefined;
}

export class Volumes {
  readonly #ids: Ids;
  readonly #tags: Tags;
  readonly #clock: Clock;
  readonly #volumes = new Map<string, Volume>();

  constructor(ids: Ids, tags: Tags, clock: Clock) {
    this.#ids = ids;
    this.#tags = tags;
    this.#clock = clock;
  }

  has(id: string): boolean {
    return this.#volumes.has(id);
  }

  attach(instanceId: string, device: string, zone: string, kind: VolumeKind): Volume {
    const id = this.#ids.next('vol');
    const volume = { ...kind, id, zone, device, instanceId, createdAt: this.#clock.now() };
    this.#volumes.set(id, volume);
    return volume;
  }

  /** Another volume in the place of that device: of the same kind, from another snapshot where one is named. */
  replace(
    instanceId: string,
    device: string,
    { deletesReplaced, snapshotId }: { deletesReplaced: boolean; snapshotId?: string },
  ): Volume {
    const old = this.of(instanceId).find((volume) => volume.device === device);
    if (old === undefined) throw new RangeError(`${instanceId} has no volume ${device}`);
    old.instanceId = undefined;
    if (deletesReplaced) this.#forget(old.id);
    const kind = { ...old, ...(snapshotId !== undefined && { snapshotId }) };
    return this.attach(instanceId, device, old.zone, kind);
  }

  /** Of an instance, the root device first. */
  of(instanceId: string): Volume[] {
    return [...this.#volumes.values()].filter((volume) => volume.instanceId === instanceId);
  }

  /** What is left of a terminated instance: the volumes that do not go with it. */
  release(instanceId: string): void {
    for (const volume of this.of(instanceId)) {
      volume.instanceId = undefined;
      if (volume.deleteOnTermination) this.#forget(volume.id);
    }
  }

  delete(input: QueryInput): XmlElements {
    const id = parameter(input, 'VolumeId');
    const volume = this.#volumes.get(id);
    if (volume === undefined) throw notFound(id);
    if (volume.instanceId !== undefined)
      throw refused('VolumeInUse', `Volume ${id} is currently attached to ${volume.instanceId}`);
    this.#forget(id);
    return { return: true };
  }

  describe(input: QueryInput): XmlElements {
    const asked = input.list('VolumeId');
    const unknown = asked.filter((id) => !this.has(id));
    if (unknown.length > 0) throw notFound(...unknown);
    const filters = filtersOf(input);
    const found = [...this.#volumes.values()].filter(
      (volume) =>
        (asked.length === 0 || asked.includes(volume.id)) &&
        passesAll(filters, facetsOf(volume), this.#tags.of(volume.id)),
    );
    return { volumeSet: { item: found.map((volume) => this.#xml(volume)) } };
  }

  #forget(id: string): void {
    this.#volumes.delete(id);
    this.#tags.forget(id);
  }

  #xml(volume: Volume): XmlElements {
    const attachment = volume.instanceId !== undefined && {
      volumeId: volume.id,
      instanceId: volume.instanceId,
      device: volume.device,
      status: 'attached',
      attachTime: new Date(volume.createdAt),
      deleteOnTermination: volume.deleteOnTermination,
    };
    return {
      volumeId: volume.id,
      size: volume.sizeGib,
      snapshotId: volume.snapshotId ?? '',
      availabilityZone: volume.zone,
      status: stateOf(volume),
      createTime: new Date(volume.createdAt),
      attachmentSet: attachment ? { item: attachment } : {},
      volumeType: volume.type,
      iops: volume.iops,
      throughput: volume.throughput,
      encrypted: volume.encrypted,
      kmsKeyId: volume.kmsKeyId,
      tagSet: this.#tags.xml(volume.id),
    };
  }
}

/** The mapping of a volume, in the answers about instances. */
export function attachmentXml(volume: Volume): XmlElements {
  return {
    deviceName: volume.device,
    ebs: {
      volumeId: volume.id,
      status: 'attached',
      attachTime: new Date(volume.createdAt),
      deleteOnTermination: volume.deleteOnTermination,
    },
  };
}

function stateOf(volume: Volume): string {
  return volume.instanceId === undefined ? 'available' : 'in-use';
}

function facetsOf(volume: Volume) {
  return {
    'volume-id': volume.id,
    'attachment.instance-id': volume.instanceId,
    'attachment.device': volume.instanceId && volume.device,
    'snapshot-id': volume.snapshotId,
    'volume-type': volume.type,
    status: stateOf(volume),
    encrypted: String(volume.encrypted),
    'availability-zone': volume.zone,
  };
}
