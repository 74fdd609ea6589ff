/** The kernel of Debian's EC2 images, taken out of its package: a layer with its modules, and the kernel beside it. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { sh } from '../sh.ts';
import { workFolder } from './kept.ts';

export interface CloudKernel {
  /** Lower directory of an overlay with /usr/lib/modules. */
  readonly layer: string;
  /** What a virtual machine boots. */
  readonly vmlinuz: string;
}

/** Kept by the content of this file. `distribution`: a root file system that has kmod; the layer fits above any. */
export function cloudKernel(distribution: string): CloudKernel {
  const recipe = readFileSync(import.meta.filename);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = join(workFolder, hash);
  if (!existsSync(folder)) build(folder, distribution);
  utimesSync(folder, new Date(), new Date());
  return { layer: join(folder, 'layer'), vmlinuz: join(folder, 'vmlinuz') };
}

/**
 * Extracted, not installed: an installation would make an initramfs, half a minute of work for nothing, since ext4 and NVMe
 * are built into this kernel.
 */
function build(folder: string, distribution: string): void {
  const building = `${folder}.building-${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  const modules = join(building, 'layer/usr/lib/modules');
  const extracted = join(building, 'extracted');
  for (const one of [dirname(modules), join(building, 'work'), join(building, 'root')])
    mkdirSync(one, { recursive: true });
  console.log(`extracting the cloud kernel to ${folder}, once`);
  const wanted = '--include=linux-image-cloud-amd64';
  sh('mmdebstrap', '--quiet', '--variant=extract', wanted, 'bookworm', extracted);
  const name = readdirSync(join(extracted, 'boot')).find((one) => one.startsWith('vmlinuz-'));
  if (name === undefined) throw new Error('the package linux-image-cloud-amd64 brought no kernel');
  renameSync(join(extracted, 'boot', name), join(building, 'vmlinuz'));
  renameSync(join(extracted, 'lib/modules'), modules);
  rmSync(extracted, { recursive: true });
  // depmod of the distribution that will load them. The mounts are gone with the shell, however it ends.
  const release = name.slice('vmlinuz-'.length);
  sh('unshare', '--mount', '/bin/sh', '-euc', depmod, 'sh', building, distribution, release);
  for (const one of ['work', 'root']) rmSync(join(building, one), { recursive: true });
  try {
    renameSync(building, folder);
  } catch (error) {
    // Two test files that want it build it at the same time; the first one stays.
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

const depmod = `
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/layer,workdir=$1/work" "$1/root"
chroot "$1/root" /sbin/depmod "$3"
`;
