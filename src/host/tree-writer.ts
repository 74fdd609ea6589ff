/** A tree of files below one directory: what an archive is unpacked into; a large one is written by a thread of its own. */
import { mkdirSync } from 'node:fs';
import type { Ownership, TreeWriter } from './host.ts';
import type { Kind } from './ownership.ts';
import { ThreadedHands } from './threaded-hands.ts';
import { OwnHands, type TreeHands } from './tree-hands.ts';

export type GiveTo = (absolutePath: string, ownership: Ownership, kind: Kind) => void;

/** Work after which a thread of its own pays: starting one takes as long as some hundred small files, and 10 MB of memory. In bytes; see `fileWeight`. */
const worthThread = 16 << 20;
/** What making a file costs, in bytes whose writing takes as long. */
const fileWeight = 16 << 10;

/**
 * Starts a tree at `absolutePath`, which must not exist yet. Until it is finished it is open to the agent's own user alone, so
 * nobody can put a symlink in the way. `giveTo` changes the owner of one entry. A large tree is made by a thread of its own, beside
 * whatever its content comes from: an error of the file system is then thrown by one of the calls that follow, `finish` at the
 * latest. `thread`: after how much work that begins, in bytes. Throws the file system's own errors.
 */
export async function openTree(
  absolutePath: string,
  giveTo: GiveTo,
  { thread = worthThread } = {},
): Promise<TreeWriter> {
  mkdirSync(absolutePath, 0o700);
  return new Tree(absolutePath, giveTo, thread);
}

class Tree implements TreeWriter {
  readonly #root: string;
  readonly #giveTo: GiveTo;
  /** All entries by relative path; directories also tell which parents need no further look. */
  readonly #entries = new Map<string, Kind>();
  /** The umask can only take bits away: when it takes none of ours, no chmod is needed. */
  readonly #masked = (process.umask() & 0o755) !== 0;
  #hands: TreeHands;
  #thread: ThreadedHands | undefined;
  /** Work still to come until the thread is started. */
  #untilThread: number;
  #file: { readonly modified: number | undefined } | undefined;

  constructor(root: string, giveTo: GiveTo, untilThread: number) {
    this.#root = root;
    this.#giveTo = giveTo;
    this.#hands = new OwnHands(root, this.#masked);
    this.#untilThread = untilThread;
  }

  directory(path: string, mode: number): void {
    this.#parents(path);
    if (this.#entries.get(path) === 'directory') this.#hands.changeMode(path, mode);
    else this.#makeDirectory(path, mode);
  }

  file(path: string, mode: number, size: number, modified?: number): void {
    this.#closeFile();
    this.#work(size + fileWeight);
    this.#parents(path);
    this.#hands.openFile(path, mode);
    this.#file = { modified };
    this.#entries.set(path, 'file');
  }

  write(bytes: Uint8Array): void {
    if (this.#file === undefined) throw new Error('no file of the tree is open');
    this.#hands.write(bytes);
  }

  symlink(path: string, target: string): void {
    this.#parents(path);
    this.#hands.symlink(path, target);
    this.#entries.set(path, 'symlink');
  }

  hardlink(path: string, existing: string): void {
    this.#closeFile();
    this.#parents(path);
    this.#hands.hardlink(path, existing);
    this.#entries.set(path, 'file');
  }

  async finish(ownership: Ownership = {}): Promise<void> {
    this.#closeFile();
    if (this.#hands === this.#thread) await this.#thread.finish();
    const { owner = 'root', group = 'root', mode } = ownership;
    // What root makes belongs to root already: thousands of calls saved.
    if (owner !== 'root' || group !== 'root' || process.geteuid?.() !== 0) {
      for (const [path, kind] of this.#entries) {
        this.#giveTo(`${this.#root}/${path}`, { owner, group }, kind);
      }
    }
    this.#giveTo(this.#root, { owner, group, mode: mode ?? 0o755 }, 'directory');
  }

  abandon(): void {
    this.#thread?.stop();
    if (this.#file !== undefined && this.#hands !== this.#thread) this.#hands.closeFile(undefined);
    this.#file = undefined;
  }

  /** Has the work go to a thread when there is much of it, as soon as that is there. No file is open. */
  #work(weight: number): void {
    if (this.#hands === this.#thread) return;
    if (this.#untilThread > 0) {
      this.#untilThread -= weight;
      if (this.#untilThread <= 0) this.#thread = ThreadedHands.begin(this.#root, this.#masked);
    } else if (this.#thread?.ready) this.#hands = this.#thread;
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
    this.#hands.makeDirectory(path, mode);
    this.#entries.set(path, 'directory');
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    const { modified } = this.#file;
    this.#file = undefined;
    this.#hands.closeFile(modified);
  }
}
