/** The disk of a virtual machine: a file with one ext4 file system, made of a folder, and read without mounting it. */
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { sh, tried } from '../sh.ts';

/** Room for what a boot writes; a sparse file takes what is in it. */
const bytes = 4 * 1024 ** 3;

/** Makes it of everything below `root`, with owners, modes and extended attributes. */
export function makeDisk(disk: string, root: string): void {
  writeFileSync(disk, '');
  truncateSync(disk, bytes);
  // Nobody needs inodes zeroed in the background of a machine that lives for a minute.
  const options = 'lazy_itable_init=1,lazy_journal_init=1,nodiscard';
  sh('mkfs.ext4', '-q', '-F', '-L', 'root', '-E', options, '-d', root, disk);
}

/** A file on the disk of a machine that is off. What only the journal of the file system holds is not there yet. */
export function readDisk(disk: string, path: string): string {
  settle(disk);
  return sh('debugfs', '-R', `cat "/${path}"`, disk);
}

/** Copies a folder out of it, into `to`. */
export function copyFromDisk(disk: string, path: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  if (!existsSync(disk)) return;
  settle(disk);
  sh('debugfs', '-R', `rdump "/${path}" "${to}"`, disk);
}

/** Replays the journal of the file system, as mounting it would. */
function settle(disk: string): void {
  tried('e2fsck', '-y', '-E', 'journal_only', disk);
}
