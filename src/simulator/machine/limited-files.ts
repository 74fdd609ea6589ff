/** Files of a simulated machine with a small disk, read-only places, and a kernel behind /proc/sys. */
import { StepError } from '../../errors.ts';
import { noSpace, readOnly } from '../../host/file-errors.ts';
import type { Files, Log, Sink, TreeWriter } from '../../host/host.ts';
import type { MachineDescription } from './description.ts';
import type { Kernel } from './kernel.ts';

/** `files` as the machine of `description` lets them be written. */
export function limitedFiles(files: Files, description: MachineDescription, kernel: Kernel): Files {
  const disk = new Disk(description);
  const log = (path: string, inner: Log): Log => ({
    append(line) {
      disk.take(path, Buffer.byteLength(line) + 1);
      inner.append(line);
    },
    flushed: () => inner.flushed(),
    close: () => inner.close(),
  });
  const sink = (path: string, inner: Sink): Sink => ({
    size: inner.size,
    write(bytes, position) {
      disk.take(path, bytes.length);
      inner.write(bytes, position);
    },
    read: (into, position) => inner.read(into, position),
    truncate: (size) => inner.truncate(size),
    close: (options) => inner.close(options),
  });
  const tree = (root: string, inner: TreeWriter): TreeWriter => ({
    directory: (path, mode) => inner.directory(path, mode),
    file: (path, mode, size) => inner.file(path, mode, size),
    write(bytes) {
      disk.take(root, bytes.length);
      inner.write(bytes);
    },
    symlink: (path, target) => inner.symlink(path, target),
    hardlink: (path, existing) => inner.hardlink(path, existing),
    finish: (ownership) => inner.finish(ownership),
    abandon: () => inner.abandon(),
  });
  /** Runs `change` where `path` may be written and `bytes` more fit on the disk. */
  const changing = async <T>(path: string, bytes: number, change: () => Promise<T>): Promise<T> => {
    disk.take(path, bytes);
    return change();
  };
  return {
    read: (path) => files.read(path),
    stat: (path) => files.stat(path),
    list: (path) => files.list(path),
    blocks: (path, from) => files.blocks(path, from),
    write: (path, bytes, ownership) =>
      changing(path, Buffer.byteLength(bytes), () => files.write(path, bytes, ownership)),
    poke: (path, text) =>
      changing(path, 0, () =>
        files.poke(path, path.startsWith('/proc/sys/') ? kernel.accepted(path, text) : text),
      ),
    makeDirectory: (path, ownership) =>
      changing(path, 0, () => files.makeDirectory(path, ownership)),
    setOwnership: (path, ownership) => changing(path, 0, () => files.setOwnership(path, ownership)),
    link: (path, target) => changing(path, 0, () => files.link(path, target)),
    rename: (from, to) => changing(to, 0, () => files.rename(from, to)),
    copy: async (from, to, ownership) => {
      const size = (await files.stat(from))?.size ?? 0;
      return changing(to, size, () => files.copy(from, to, ownership));
    },
    remove: (path) => changing(path, 0, () => files.remove(path)),
    openLog: (path) => changing(path, 0, async () => log(path, await files.openLog(path))),
    openSink: (path) => changing(path, 0, async () => sink(path, await files.openSink(path))),
    // A simulated machine has no power to lose, and the disk of whoever rehearses is not to be waited for.
    settle: async () => undefined,
    openTree: (root) => changing(root, 0, async () => tree(root, await files.openTree(root))),
    freeBytes: async (path) => disk.free ?? files.freeBytes(path),
  };
}

/** Counts what is written; what is removed again gives nothing back, which is enough for a disk that runs full. */
class Disk {
  free: number | undefined;
  readonly #readOnly: readonly string[];

  constructor(description: MachineDescription) {
    this.free = description.disk_bytes_free;
    this.#readOnly = description.read_only ?? [];
  }

  /** Throws StepError in the words of the real host. /proc, /run and /sys are in memory. */
  take(path: string, bytes: number): void {
    const inMemory = /^\/(proc|run|sys)\//.test(path);
    const below = (each: string) =>
      each === '/' ? !inMemory : path === each || path.startsWith(`${each}/`);
    if (this.#readOnly.some(below)) {
      throw new StepError(readOnly(`write ${path}`));
    }
    if (this.free === undefined || inMemory) return;
    if (bytes > this.free) {
      throw new StepError(noSpace(`write ${path} (${bytes} bytes)`, this.free));
    }
    this.free -= bytes;
  }
}
