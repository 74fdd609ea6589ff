/** The serial number of the volume that holds /: on EC2 the volume id, which CreateReplaceRootVolumeTask changes while the instance id stays. */
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface KernelPlaces {
  readonly sys: string;
  /** proc_pid_mountinfo(5) */
  readonly mounts: string;
}

const ofThisMachine: KernelPlaces = { sys: '/sys', mounts: '/proc/self/mountinfo' };

/**
 * The serial, an EBS volume as `vol-0123456789abcdef0`; undefined where the device has none (Xen), or where / is on none
 * (overlay, a container). Below RAID, encryption and LVM it is that of the first volume. Never throws.
 */
export function rootVolumeSerial(places: KernelPlaces = ofThisMachine): string | undefined {
  try {
    const device = rootDevice(places);
    return device === undefined ? undefined : serialOf(device, 0);
  } catch {
    return undefined;
  }
}

/** Its entry below /sys. */
function rootDevice({ sys, mounts }: KernelPlaces): string | undefined {
  // The last one covers what was mounted there before.
  const mount = readFileSync(mounts, 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[4] === '/');
  const number = mount?.split(' ')[2] ?? '';
  const entry = join(sys, 'dev/block', number);
  if (number !== '' && isThere(entry)) return entry;
  // btrfs has a number of its own (0:n), but names its device.
  const source = mount?.split(' - ')[1]?.split(' ')[1] ?? '';
  const named = join(sys, 'class/block', basename(source));
  return source.startsWith('/dev/') && isThere(named) ? named : undefined;
}

/** Stacked devices are a few layers deep; nothing here is worth more. */
const deepest = 8;

function serialOf(entry: string, depth: number): string | undefined {
  if (depth > deepest) return undefined;
  const found = realpathSync(entry);
  const disk = isThere(join(found, 'partition')) ? dirname(found) : found;
  const below = isThere(join(disk, 'slaves'))
    ? readdirSync(join(disk, 'slaves')).sort()[0]
    : undefined;
  if (below !== undefined) return serialOf(join(disk, 'slaves', below), depth + 1);
  // nvme: of the controller, or of the subsystem where it has several paths; virtio: of the disk.
  const file = [join(disk, 'device/serial'), join(disk, 'serial')].find(isThere);
  const serial = file === undefined ? '' : readFileSync(file, 'utf8').trim();
  if (serial === '') return undefined;
  // EBS leaves out the dash of the volume id (EC2 user guide, "Amazon EBS volumes and NVMe").
  return serial.replace(/^vol(?=[0-9a-f]+$)/, 'vol-');
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
