/** A fresh ext4 in memory for the disks of a bench: a large old file system costs a millisecond of CPU for each file made. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sh, tried } from '../../test/machine/sh.ts';

/** Gives the folder where it is mounted, and what takes it away. `folder` is one that the machine tests sweep. */
export function freshDisk(folder: string): { readonly path: string; remove(): void } {
  const memory = join(folder, 'memory');
  const path = join(folder, 'disks');
  for (const one of [memory, path]) mkdirSync(one, { recursive: true });
  sh('mount', '-t', 'tmpfs', '-o', 'size=8g', 'tmpfs', memory);
  const image = join(memory, 'ext4');
  sh('truncate', '-s', '6G', image);
  sh('mkfs.ext4', '-q', '-F', image);
  sh('mount', '-o', 'loop', image, path);
  return {
    path,
    remove() {
      for (const one of [path, memory]) if (!tried('umount', one)) sh('umount', '-l', one);
    },
  };
}
