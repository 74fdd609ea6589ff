/** The images of simulated EC2: those that are there from the start, and those made of an instance's disk. */
import type { Clock } from '../../../clock.ts';
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { blockDevicesFor } from './block-devices.ts';
import { filtersOf, passesAll } from './filters.ts';
import type { Ids } from './ids.ts';
import { type Image, imageFacets, imageFrom, imageXml, rootSnapshot } from './image.ts';
import type { Ec2Instance } from './instance.ts';
import type { Machines } from './machines.ts';
import { pageOf } from './pages.ts';
import { notFound, parameter, refused, wrongValue } from './refusals.ts';
import { architectureOf } from './run-instances.ts';
import type { Snapshot, Snapshots } from './snapshots.ts';
import { type Tags, tagsFor } from './tags.ts';
import type { Volumes } from './volumes.ts';

/** What images stand on. */
export interface ImageStore {
  readonly world: AwsWorld;
  readonly ids: Ids;
  readonly tags: Tags;
  readonly clock: Clock;
  readonly machines: Machines;
  readonly volumes: Volumes;
  readonly snapshots: Snapshots;
}

export class Images {
  readonly #store: ImageStore;
  readonly #images = new Map<string, Image>();

  constructor(store: ImageStore) {
    this.#store = store;
    for (const [id, described] of Object.entries(store.world.images ?? {}))
      this.#images.set(id, imageFrom(id, described));
  }

  has(id: string): boolean {
    return this.#images.has(id);
  }

  /** @throws ServiceError InvalidAMIID.NotFound, or Malformed where it is no id at all */
  get(id: string): Image {
    if (!/^ami-[0-9a-f]+$/.test(id))
      throw refused('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
    const image = this.#images.get(id);
    if (image === undefined) throw notFound(id);
    return image;
  }

  /** The image that holds a snapshot. */
  holding(snapshotId: string): string | undefined {
    return [...this.#images.values()].find(({ devices }) =>
      devices.some((device) => device.snapshotId === snapshotId),
    )?.id;
  }

  /** The image is pending until the disk is kept; `disk` gives it, powered off where that was wanted. */
  create(
    input: QueryInput,
    instance: Ec2Instance,
    source: Image | undefined,
    disk: (snapshotId: string) => Promise<void>,
  ): XmlElements {
    const name = this.#freeName(parameter(input, 'Name'));
    const id = this.#store.ids.next('ami');
    const snapshots: Snapshot[] = [];
    const devices = this.#store.volumes.of(instance.id).map((volume) => {
      const snapshot = this.#store.snapshots.of(
        volume,
        `Created by CreateImage(${instance.id}) for ${id}`,
      );
      snapshots.push(snapshot);
      return { ...volume, snapshotId: snapshot.id };
    });
    const image: Image = {
      id,
      name,
      description: input.text('Description') ?? '',
      ownerId: this.#store.world.accountId,
      architecture: architectureOf(instance.described),
      createdAt: new Date(this.#store.clock.now()).toISOString(),
      rootDevice: instance.rootDevice,
      devices: blockDevicesFor(input, devices),
      sourceInstanceId: instance.id,
      state: 'pending',
      imdsSupport: source?.imdsSupport,
      launchers: new Set(),
    };
    void this.#finish(image, snapshots, () => disk(rootSnapshot(image)));
    this.#tagged(input, image, snapshots);
    return { imageId: id };
  }

  /** A copy within the Region, encrypted on the way where that is asked. */
  copy(input: QueryInput): XmlElements {
    const source = this.get(parameter(input, 'SourceImageId'));
    const { region } = this.#store.world;
    if (parameter(input, 'SourceRegion') !== region)
      throw wrongValue(`The simulated EC2 has no Region but ${region}`);
    const name = this.#freeName(parameter(input, 'Name'));
    const kmsKeyId = input.text('KmsKeyId');
    if (source.state !== 'available')
      throw refused('InvalidAMIID.Unavailable', `The image id '[${source.id}]' is not available`);
    const copies: [from: string, to: Snapshot][] = [];
    const devices = source.devices.map((device) => {
      if (device.snapshotId === undefined) return device;
      const encrypted = device.encrypted || input.text('Encrypted') === 'true';
      const encryption = { encrypted, ...(kmsKeyId && { kmsKeyId }) };
      const original = this.#store.snapshots.get(device.snapshotId);
      const snapshot = this.#store.snapshots.copyOf(original, encryption);
      copies.push([original.id, snapshot]);
      return { ...device, ...encryption, snapshotId: snapshot.id };
    });
    const image: Image = {
      ...source,
      id: this.#store.ids.next('ami'),
      name,
      description: input.text('Description') ?? source.description,
      ownerId: this.#store.world.accountId,
      createdAt: new Date(this.#store.clock.now()).toISOString(),
      devices,
      state: 'pending',
      launchers: new Set(),
    };
    const snapshots = copies.map(([, snapshot]) => snapshot);
    void this.#finish(image, snapshots, async () => {
      for (const [from, { id }] of copies) await this.#store.machines.copyDisk(from, id);
    });
    this.#tagged(input, image, snapshots);
    return { imageId: image.id };
  }

  /** Its snapshots stay (EC2 API reference, DeregisterImage). */
  deregister(input: QueryInput): XmlElements {
    const image = this.#own(parameter(input, 'ImageId'));
    this.#images.delete(image.id);
    this.#store.tags.forget(image.id);
    return { return: true };
  }

  modifyAttribute(input: QueryInput): XmlElements {
    const image = this.#own(parameter(input, 'ImageId'));
    const support = input.text('ImdsSupport.Value') ?? input.text('ImdsSupport');
    if (support !== undefined && support !== 'v2.0')
      throw wrongValue(`Invalid value '${support}' for imdsSupport`);
    image.imdsSupport = support ?? image.imdsSupport;
    image.description = input.text('Description.Value') ?? image.description;
    for (const one of input.parts('LaunchPermission.Add'))
      image.launchers.add(one.text('UserId') ?? one.text('Group') ?? '');
    for (const one of input.parts('LaunchPermission.Remove'))
      image.launchers.delete(one.text('UserId') ?? one.text('Group') ?? '');
    return { return: true };
  }

  describe(input: QueryInput): XmlElements {
    const asked = input.list('ImageId').map((id) => this.get(id).id);
    const owners = input.list('Owner').map((one) => this.#account(one));
    const filters = filtersOf(input);
    const found = [...this.#images.values()].filter(
      (image) =>
        (asked.length === 0 || asked.includes(image.id)) &&
        (owners.length === 0 || owners.includes(image.ownerId)) &&
        passesAll(filters, imageFacets(image), this.#store.tags.of(image.id)),
    );
    const { items, nextToken } = pageOf(found, input, asked.length > 0);
    const { tags } = this.#store;
    return { nextToken, imagesSet: { item: items.map((one) => imageXml(one, tags.xml(one.id))) } };
  }

  async #finish(image: Image, snapshots: Snapshot[], work: () => Promise<void>): Promise<void> {
    this.#images.set(image.id, image);
    try {
      await work();
      for (const snapshot of snapshots) snapshot.state = 'completed';
      image.state = 'available';
    } catch (error) {
      for (const snapshot of snapshots) snapshot.state = 'error';
      image.state = 'failed';
      image.why = String(error);
    }
  }

  #tagged(input: QueryInput, image: Image, snapshots: readonly Snapshot[]): void {
    this.#store.tags.put(image.id, tagsFor(input, 'image'));
    for (const { id } of snapshots) this.#store.tags.put(id, tagsFor(input, 'snapshot'));
  }

  /** EC2 API reference, CreateImage: 3 to 128 of these characters, and each name once. */
  #freeName(name: string): string {
    if (!/^[\w()[\] ./'@-]{3,128}$/.test(name))
      throw refused(
        'InvalidAMIName.Malformed',
        `AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'`,
      );
    const other = [...this.#images.values()].find(
      (image) => image.name === name && image.ownerId === this.#store.world.accountId,
    );
    if (other === undefined) return name;
    throw refused(
      'InvalidAMIName.Duplicate',
      `AMI name ${name} is already in use by AMI ${other.id}`,
    );
  }

  #own(id: string): Image {
    const image = this.get(id);
    if (image.ownerId === this.#store.world.accountId) return image;
    throw refused('AuthFailure', `Not authorized for image:${id}`);
  }

  /** The aliases of owners (EC2 API reference, DescribeImages); Amazon's images are owned by this account in most Regions. */
  #account(owner: string): string {
    if (owner === 'self') return this.#store.world.accountId;
    return owner === 'amazon' ? '137112412989' : owner;
  }
}
