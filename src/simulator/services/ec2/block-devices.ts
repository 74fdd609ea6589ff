/** Block device mappings: what an image says of an instance's disks, and what a launch changes of it. */
import type { QueryInput } from '../query.ts';
import type { Xml } from '../xml.ts';
import { wrongValue } from './refusals.ts';
import type { VolumeKind } from './volumes.ts';

export interface BlockDevice extends VolumeKind {
  readonly device: string;
}

/** The mappings of an image, with what `BlockDeviceMapping.1...` of a request changes or adds. */
export function blockDevicesFor(
  input: QueryInput,
  ofImage: readonly BlockDevice[],
): readonly BlockDevice[] {
  const devices = new Map(ofImage.map((one) => [one.device, one]));
  for (const part of input.parts('BlockDeviceMapping')) {
    const device = part.text('DeviceName') ?? '';
    if (part.text('NoDevice') !== undefined) devices.delete(device);
    // Anything else than a volume is an instance store: its size and number come with the instance type.
    else if (part.text('VirtualName') === undefined)
      devices.set(device, volumeIn(part, device, devices.get(device)));
  }
  return [...devices.values()];
}

function volumeIn(part: QueryInput, device: string, ofImage: BlockDevice | undefined): BlockDevice {
  const number = (name: string) => {
    const text = part.text(`Ebs.${name}`);
    return text === undefined ? undefined : Number(text);
  };
  const iops = number('Iops') ?? ofImage?.iops;
  const throughput = number('Throughput') ?? ofImage?.throughput;
  const kmsKeyId = part.text('Ebs.KmsKeyId') ?? ofImage?.kmsKeyId;
  const snapshotId = part.text('Ebs.SnapshotId') ?? ofImage?.snapshotId;
  const sizeGib = number('VolumeSize') ?? ofImage?.sizeGib;
  if (sizeGib === undefined)
    throw wrongValue(`The mapping of ${device} needs a volume size or a snapshot`);
  if (ofImage !== undefined && sizeGib < ofImage.sizeGib)
    throw wrongValue(
      `Volume of size ${sizeGib}GB is smaller than snapshot '${ofImage.snapshotId}', expect size >= ${ofImage.sizeGib}GB`,
    );
  const text = (name: string) => part.text(`Ebs.${name}`);
  return {
    device,
    sizeGib,
    type: text('VolumeType') ?? ofImage?.type ?? 'gp2',
    ...(iops !== undefined && { iops }),
    ...(throughput !== undefined && { throughput }),
    encrypted:
      text('Encrypted') === undefined
        ? (ofImage?.encrypted ?? false)
        : text('Encrypted') === 'true',
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    deleteOnTermination: (text('DeleteOnTermination') ?? 'true') === 'true',
    ...(snapshotId !== undefined && { snapshotId }),
  };
}

export function blockDevicesXml(devices: readonly BlockDevice[]): Xml {
  return {
    item: devices.map((one) => ({
      deviceName: one.device,
      ebs: {
        snapshotId: one.snapshotId,
        volumeSize: one.sizeGib,
        volumeType: one.type,
        iops: one.iops,
        throughput: one.throughput,
        encrypted: one.encrypted,
        deleteOnTermination: one.deleteOnTermination,
      },
    })),
  };
}
