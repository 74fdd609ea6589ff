/** The calls that make a tree, one entry at a time, below one directory: made by this thread, whichever that is. */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { writeWhole } from './write-whole.ts';

/** All paths are relative to the tree's root. Throws the file system's own errors, at once or at a later call. */
export interface TreeHands {
  makeDirectory(path: string, mode: number): void;
  /** Of a directory. */
  changeMode(path: string, mode: number): void;
  /** To be closed before the next one is opened. */
  openFile(path: string, mode: number): void;
  write(bytes: Uint8Array): void;
  /** `modified`: seconds since the epoch. */
  closeFile(modified: number | undefined): void;
  symlink(path: string, target: string): void;
  hardlink(path: string, existing: string): void;
}

/** O_EXCL: never into something that is there already, nor through a symlink in its place (open(2)). */
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export class OwnHands implements TreeHands {
  readonly #root: string;
  /** The umask can only take bits away: when it takes none of ours, no chmod is needed. */
  readonly #masked: boolean;
  #fd: number | undefined;

  /** `masked`: whether the process's umask takes away bits of 0755; a thread cannot always ask. */
  constructor(root: string, masked: boolean) {
    this.#root = root;
    this.#masked = masked;
  }

  makeDirectory(path: string, mode: number): void {
    const absolute = this.#absolute(path);
    mkdirSync(absolute, mode);
    if (this.#masked) chmodSync(absolute, mode);
  }

  changeMode(path: string, mode: number): void {
    chmodSync(this.#absolute(path), mode);
  }

  openFile(path: string, mode: number): void {
    const absolute = this.#absolute(path);
    this.#fd = replacing(absolute, () => openSync(absolute, flags, mode));
    if (this.#masked) fchmodSync(this.#fd, mode);
  }

  write(bytes: Uint8Array): void {
    if (this.#fd === undefined) throw new Error('no file of the tree is open');
    writeWhole(this.#fd, bytes);
  }

  closeFile(modified: number | undefined): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      if (modified !== undefined) futimesSync(fd, modified, modified);
    } finally {
      closeSync(fd);
    }
  }

  symlink(path: string, target: string): void {
    const absolute = this.#absolute(path);
    replacing(absolute, () => symlinkSync(target, absolute));
  }

  hardlink(path: string, existing: string): void {
    const absolute = this.#absolute(path);
    replacing(absolute, () => linkSync(this.#absolute(existing), absolute));
  }

  #absolute(path: string): string {
    return `${this.#root}/${path}`;
  }
}

/** Runs `make`; what is there of that name goes first, as tar does it, except a directory, which unlink(2) refuses. */
function replacing<T>(absolute: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    try {
      unlinkSync(absolute);
    } catch {
      throw error;
    }
    return make();
  }
}
