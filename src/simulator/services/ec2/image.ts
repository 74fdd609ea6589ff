/** Image: an AMI of simulated EC2, what can be filtered by, and how it is described. */
import type { SimulatedImage } from '../world.ts';
import type { Xml, XmlElements } from '../xml.ts';
import { type BlockDevice, blockDevicesXml } from './block-devices.ts';
import type { Facets } from './filters.ts';

export interface Image {
  readonly id: string;
  readonly name: string;
  description: string;
  readonly ownerId: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly createdAt: string;
  readonly rootDevice: string;
  devices: readonly BlockDevice[];
  readonly sourceInstanceId?: string;
  state: 'pending' | 'available' | 'failed';
  why?: string;
  imdsSupport: 'v2.0' | undefined;
  /** Accounts that may launch it, and `all`. */
  readonly launchers: Set<string>;
}

/** One that is there from the start: a distribution's own, say. */
export function imageFrom(id: string, described: SimulatedImage): Image {
  const rootDevice = described.rootDevice ?? '/dev/xvda';
  const root: BlockDevice = {
    device: rootDevice,
    snapshotId: `snap-${id.replace(/^ami-/, '')}`,
    sizeGib: described.sizeGib ?? 8,
    type: 'gp3',
    encrypted: false,
    deleteOnTermination: true,
  };
  return {
    id,
    name: described.name,
    description: described.description ?? '',
    ownerId: described.ownerId,
    architecture: described.architecture,
    createdAt: described.createdAt ?? '2026-01-01T00:00:00.000Z',
    rootDevice,
    devices: [root],
    state: 'available',
    imdsSupport: described.imdsSupport,
    launchers: new Set(['all']),
  };
}

/** The snapshot that an instance of it starts from. */
export function rootSnapshot(image: Image): string {
  return image.devices.find(({ device }) => device === image.rootDevice)?.snapshotId ?? '';
}

export function imageFacets(image: Image): Facets {
  return {
    'image-id': image.id,
    name: image.name,
    description: image.description,
    state: image.state,
    architecture: image.architecture,
    'owner-id': image.ownerId,
    'is-public': String(image.launchers.has('all')),
    'image-type': 'machine',
    'root-device-type': 'ebs',
    'root-device-name': image.rootDevice,
    'virtualization-type': 'hvm',
    hypervisor: 'xen',
    'ena-support': 'true',
    'creation-date': image.createdAt,
    'block-device-mapping.volume-type': image.devices.map(({ type }) => type),
    'block-device-mapping.snapshot-id': image.devices.flatMap(({ snapshotId = [] }) => snapshotId),
    'block-device-mapping.encrypted': image.devices.map(({ encrypted }) => String(encrypted)),
  };
}

export function imageXml(image: Image, tags: Xml): XmlElements {
  return {
    imageId: image.id,
    imageLocation: `${image.ownerId}/${image.name}`,
    imageState: image.state,
    stateReason: image.why && { code: 'Server.InternalError', message: image.why },
    imageOwnerId: image.ownerId,
    isPublic: image.launchers.has('all'),
    architecture: image.architecture,
    imageType: 'machine',
    name: image.name,
    description: image.description,
    rootDeviceType: 'ebs',
    rootDeviceName: image.rootDevice,
    blockDeviceMapping: blockDevicesXml(image.devices),
    virtualizationType: 'hvm',
    enaSupport: true,
    hypervisor: 'xen',
    creationDate: image.createdAt,
    imdsSupport: image.imdsSupport,
    sourceInstanceId: image.sourceInstanceId,
    tagSet: tags,
  };
}
