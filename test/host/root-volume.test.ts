import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rootVolumeSerial } from '../../src/host/root-volume.ts';

const nvme = 'devices/pci0000:00/0000:00:04.0/nvme/nvme0';

/** A machine whose /sys holds these files and symlinks (relative to /sys), and whose mounts are these lines. */
function machine(entries: Readonly<Record<string, string>>, ...mounts: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'root-volume-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const sys = join(folder, 'sys');
  for (const [path, value] of Object.entries(entries)) {
    const real = join(sys, path);
    mkdirSync(dirname(real), { recursive: true });
    if (!value.startsWith('-> ')) writeFileSync(real, value);
    else symlinkSync(relative(dirname(real), join(sys, value.slice(3))), real);
  }
  writeFileSync(join(folder, 'mountinfo'), mounts.map((line) => `${line}\n`).join(''));
  return rootVolumeSerial({ sys, mounts: join(folder, 'mountinfo') });
}

const onNvme = {
  'dev/block/259:1': `-> ${nvme}/nvme0n1/nvme0n1p1`,
  'class/block/nvme0n1p1': `-> ${nvme}/nvme0n1/nvme0n1p1`,
  [`${nvme}/nvme0n1/nvme0n1p1/partition`]: '1\n',
  [`${nvme}/nvme0n1/device`]: `-> ${nvme}`,
  [`${nvme}/serial`]: 'vol0123456789abcdef0\n',
};
const ext4 = '21 1 259:1 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw';

test('an EBS volume, by the partition that is mounted', () => {
  expect(machine(onNvme, ext4)).toBe('vol-0123456789abcdef0');
});

test('a whole disk, and an instance store, whose serial is no volume id', () => {
  const entries = {
    'dev/block/259:0': `-> ${nvme}/nvme0n1`,
    [`${nvme}/nvme0n1/device`]: `-> ${nvme}`,
    [`${nvme}/serial`]: 'AWS1234567890ABCDEF \n',
  };
  const mount = '21 1 259:0 / / rw - xfs /dev/root rw';
  expect(machine(entries, mount)).toBe('AWS1234567890ABCDEF');
});

test('the mount that covers another; btrfs, which has no device number', () => {
  const initramfs = '1 1 0:2 / / rw - rootfs rootfs rw';
  expect(machine(onNvme, initramfs, ext4)).toBe('vol-0123456789abcdef0');
  const btrfs = '21 1 0:25 /@ / rw - btrfs /dev/nvme0n1p1 rw';
  expect(machine(onNvme, initramfs, btrfs)).toBe('vol-0123456789abcdef0');
});

test('what lies below encryption or LVM; virtio', () => {
  const entries = {
    'dev/block/253:0': '-> devices/virtual/block/dm-0',
    'devices/virtual/block/dm-0/slaves/vda': '-> devices/virtio/vda',
    'devices/virtio/vda/serial': 'vol0aa\n',
  };
  expect(machine(entries, '21 1 253:0 / / rw - ext4 /dev/mapper/root rw')).toBe('vol-0aa');
});

test('no serial: Xen, an overlay, nothing to be read at all', () => {
  const xen = { 'dev/block/202:1': '-> devices/vbd-768/xvda', 'devices/vbd-768/xvda/size': '1' };
  expect(machine(xen, '21 1 202:1 / / rw - ext4 /dev/xvda1 rw')).toBeUndefined();
  expect(machine({}, '21 1 0:50 / / rw - overlay overlay rw')).toBeUndefined();
  expect(machine({}, '')).toBeUndefined();
  expect(rootVolumeSerial({ sys: '/nowhere', mounts: '/nowhere' })).toBeUndefined();
});
