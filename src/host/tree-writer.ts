/** A tree of files written synchronously below one directory: what an archive is unpacked into. */
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
import { hasCode } from './file-errors.ts';
import type { Ownership, TreeWriter } from './host.ts';
import type { Kind } from './ownership.ts';
import { writeWhole } from './write-whole.ts';

export type GiveTo = (absolutePath: string, ownership: Ownership, kind: Kind) => void;

/** O_EXCL: never into something that is there already, nor through a symlink in its place (open(2)). */
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Starts a tree at `absolutePath`, which must not exist yet. Until it is finished it is open to the agent's own user alone, so
 * nobody can put a symlink in the way. `giveTo` changes the owner of one entry. Throws the file system's own errors.
 */
export async function openTree(absolutePath: string, giveTo: GiveTo): Promise<TreeWriter> {
  mkdirSync(absolutePath, 0o700);
  return new Tree(absolutePath, giveTo);
}

class Tree implements TreeWriter {
  readonly #root: string;
  readonly #giveTo: GiveTo;
  /** All entries by relative path; directories also tell which parents need no further look. */
  readonly #entries = new Map<string, Kind>();
  /** The umask can only take bits away: when it takes none of ours, no chmod is needed. */
  readonly #masked = (process.umask() & 0o755) !== 0;
  #file: { readonly fd: number; readonly modified: number | undefined } | undefined;

  constructor(root: string, giveTo: GiveTo) {
    this.#root = root;
    this.#giveTo = giveTo;
  }

  directory(path: string, mode: number): void {
    this.#parents(path);
    const absolute = this.#absolute(path);
    if (this.#entries.get(path) === 'directory') chmodSync(absolute, mode);
    else this.#makeDirectory(path, mode);
  }

  file(path: string, mode: number, _size: number, modified?: number): void {
    this.#closeFile();
    const absolute = this.#absolute(path);
    this.#parents(path);
    const fd = this.#replacing(path, () => openSync(absolute, flags, mode));
    this.#file = { fd, modified };
    this.#entries.set(path, 'file');
    if (this.#masked) fchmodSync(fd, mode);
  }

  write(bytes: Uint8Array): void {
    if (this.#file === undefined) throw new Error('no file of the tree is open');
    writeWhole(this.#file.fd, bytes);
  }

  symlink(path: string, target: string): void {
    this.#parents(path);
    this.#replacing(path, () => symlinkSync(target, this.#absolute(path)));
    this.#entries.set(path, 'symlink');
  }

  hardlink(path: string, existing: string): void {
    this.#closeFile();
    this.#parents(path);
    this.#replacing(path, () => linkSync(this.#absolute(existing), this.#absolute(path)));
    this.#entries.set(path, 'file');
  }

  async finish(ownership: Ownership = {}): Promise<void> {
    this.#closeFile();
    const { owner = 'root', group = 'root', mode } = ownership;
    // What root makes belongs to root already: thousands of calls saved.
    if (owner !== 'root' || group !== 'root' || process.geteuid?.() !== 0) {
      for (const [path, kind] of this.#entries) {
        this.#giveTo(this.#absolute(path), { owner, group }, kind);
      }
    }
    this.#giveTo(this.#root, { owner, group, mode: mode ?? 0o755 }, 'directory');
  }

  abandon(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }

  #absolute(path: string): string {
    return `${this.#root}/${path}`;
  }

  /** Makes the directories above `path` that the archive did not name. */
  #parents(path: string): void {
    const end = path.lastIndexOf('/');
    if (end < 0) return;
    const parent = path.slice(0, end);
    if (this.#entries.get(parent) === 'directory') return;
    this.#parents(parent);
    this.#makeDirectory(parent, 0o755);
  }

  #makeDirectory(path: string, mode: number): void {
    const absolute = this.#absolute(path);
    mkdirSync(absolute, mode);
    if (this.#masked) chmodSync(absolute, mode);
    this.#entries.set(path, 'directory');
  }

  /** Runs `make`; where this tree has an entry of that name, the entry goes first, as tar does it. A directory stays. */
  #replacing<T>(path: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || this.#entries.get(path) === 'directory') throw error;
      unlinkSync(this.#absolute(path));
      return make();
    }
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    const { fd, modified } = this.#file;
    this.#file = undefined;
    try {
      if (modified !== undefined) futimesSync(fd, modified, modified);
    } finally {
      closeSync(fd);
    }
  }
}
