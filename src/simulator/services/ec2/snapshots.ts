/** Snapshots of simulated EC2: the disks that images hold. */
import type { Clock } from '../../../clock.ts';
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import type { Ids } from './ids.ts';
import type { Machines } from './machines.ts';
import { notFound, parameter, refused } from './refusals.ts';
import type { Tags } from './tags.ts';
import type { Volume } from './volumes.ts';

export interface Snapshot {
  readonly id: string;
  readonly sizeGib: number;
  readonly encrypted: boolean;
  readonly kmsKeyId?: string;
  readonly volumeId: string;
  readonly description: string;
  readonly startedAt: number;
  state: 'pending' | 'completed' | 'error';
}

/** EC2 API reference, Snapshot: the volume id of a copy is this, and means nothing. */
const volumeOfCopies = 'vol-ffffffff';

export class Snapshots {
  readonly #world: AwsWorld;
  readonly #ids: Ids;
  readonly #tags: Tags;
  readonly #clock: Clock;
  readonly #machines: Machines;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(world: AwsWorld, ids: Ids, tags: Tags, clock: Clock, machines: Machines) {
    this.#world = world;
    this.#ids = ids;
    this.#tags = tags;
    this.#clock = clock;
    this.#machines = machines;
  }

  has(id: string): boolean {
    return this.#snapshots.has(id);
  }

  get(id: string): Snapshot {
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined) throw notFound(id);
    return snapshot;
  }

  /** The snapshot that a volume will be kept as. */
  of(volume: Volume, description: string): Snapshot {
    const { sizeGib, encrypted, kmsKeyId, id } = volume;
    return this.#add({
      sizeGib,
      encrypted,
      ...(kmsKeyId && { kmsKeyId }),
      volumeId: id,
      description,
    });
  }

  copyOf(original: Snapshot, encryption: Pick<Snapshot, 'encrypted' | 'kmsKeyId'>): Snapshot {
    const description = `Copied for ${original.id}`;
    const { sizeGib } = original;
    return this.#add({ sizeGib, ...encryption, volumeId: volumeOfCopies, description });
  }

  /** `imageOf`: the image that holds it, while one does. */
  async delete(
    input: QueryInput,
    imageOf: (snapshotId: string) => string | undefined,
  ): Promise<XmlElements> {
    const { id } = this.get(parameter(input, 'SnapshotId'));
    const image = imageOf(id);
    if (image !== undefined)
      throw refused('InvalidSnapshot.InUse', `The snapshot ${id} is currently in use by ${image}`);
    this.#snapshots.delete(id);
    this.#tags.forget(id);
    await this.#machines.forgetDisk(id);
    return { return: true };
  }

  /** Shares it with other accounts, as an image is shared. */
  modifyAttribute(input: QueryInput): XmlElements {
    this.get(parameter(input, 'SnapshotId'));
    return { return: true };
  }

  describe(input: QueryInput): XmlElements {
    const asked = input.list('SnapshotId').map((id) => this.get(id).id);
    const filters = filtersOf(input);
    const found = [...this.#snapshots.values()].filter(
      (one) =>
        (asked.length === 0 || asked.includes(one.id)) &&
        passesAll(filters, this.#facets(one), this.#tags.of(one.id)),
    );
    return { snapshotSet: { item: found.map((one) => this.#xml(one)) } };
  }

  #add(facts: Omit<Snapshot, 'id' | 'startedAt' | 'state'>): Snapshot {
    const id = this.#ids.next('snap');
    const snapshot: Snapshot = { ...facts, id, startedAt: this.#clock.now(), state: 'pending' };
    this.#snapshots.set(id, snapshot);
    return snapshot;
  }

  #facets(one: Snapshot) {
    return {
      'snapshot-id': one.id,
      'volume-id': one.volumeId,
      status: one.state,
      description: one.description,
      encrypted: String(one.encrypted),
      'owner-id': this.#world.accountId,
      'volume-size': String(one.sizeGib),
    };
  }

  #xml(one: Snapshot): XmlElements {
    return {
      snapshotId: one.id,
      volumeId: one.volumeId,
      status: one.state,
      startTime: new Date(one.startedAt),
      progress: one.state === 'completed' ? '100%' : '0%',
      ownerId: this.#world.accountId,
      volumeSize: one.sizeGib,
      description: one.description,
      encrypted: one.encrypted,
      kmsKeyId: one.kmsKeyId,
      tagSet: this.#tags.xml(one.id),
    };
  }
}
