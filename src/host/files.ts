/** Files of a machine whose root is a directory: `/` for the machine the agent runs on, any other for a simulated one. */
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StepError } from '../errors.ts';
import { blocks } from './blocks.ts';
import { makeDirectories, replace, syncDirectory } from './durable.ts';
import { bytesFree, errorsInWords, fileError, hasCode } from './file-errors.ts';
import type { Files, Log, Ownership, Sink, Stat, TreeWriter } from './host.ts';
import { openLog } from './log.ts';
import type { OwnershipStrategy } from './ownership.ts';
import { settle } from './settle.ts';
import { openSink } from './sink.ts';
import { openTree } from './tree-writer.ts';
import { withinRoot } from './within-root.ts';

/**
 * The files below `root`, which no path leaves (not by `..`, nor by a symlink). Missing parents of what is written are
 * created, 0755 root. Throws StepError as the port says.
 */
export function rootedFiles(root: string, options: { ownership: OwnershipStrategy }): Files {
  return new RootedFiles(resolve(root), options.ownership);
}

type Last = 'follow' | 'keep';

class RootedFiles implements Files {
  readonly #root: string;
  readonly #owners: OwnershipStrategy;

  constructor(root: string, owners: OwnershipStrategy) {
    this.#root = root;
    this.#owners = owners;
  }

  read(path: string): Promise<Buffer | undefined> {
    return this.#at(path, 'follow', 'read', (real) => orUndefined(readFile(real)));
  }

  stat(path: string): Promise<Stat | undefined> {
    return this.#at(path, 'keep', 'look at', async (real) => {
      const stats = await orUndefined(lstat(real));
      if (stats === undefined) return undefined;
      const { ino, size, mtimeNs, ctimeNs } = await lstat(real, { bigint: true });
      const identity = `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
      const type = stats.isFile()
        ? 'file'
        : stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'symlink'
            : 'other';
      const target = type === 'symlink' ? { target: await readlink(real) } : {};
      return { type, size: stats.size, identity, ...this.#owners.of(real, stats), ...target };
    });
  }

  list(path: string): Promise<string[]> {
    return this.#at(path, 'follow', 'list', async (real) => {
      return ((await orUndefined(readdir(real))) ?? []).sort();
    });
  }

  write(path: string, bytes: Buffer | string, ownership: Ownership = {}): Promise<void> {
    const write = (real: string) =>
      this.#place(real, async (temporary) => {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(bytes);
          this.#owners.give(temporary, { mode: 0o644, ...ownership }, 'file');
          await file.sync();
        } finally {
          await file.close();
        }
      });
    return this.#at(path, 'keep', 'write', write, Buffer.byteLength(bytes));
  }

  poke(path: string, text: string): Promise<void> {
    // No O_CREAT: what the kernel does not offer must not come to be as an ordinary file.
    const flag = constants.O_WRONLY | constants.O_TRUNC;
    return this.#at(path, 'follow', 'write', (real) => writeFile(real, text, { flag }));
  }

  makeDirectory(path: string, ownership?: Ownership): Promise<void> {
    return this.#at(path, 'follow', 'create directory', async (real) => {
      const made = await makeDirectories(real);
      if (made) this.#owners.give(real, { mode: 0o755, ...ownership }, 'directory');
      else if (ownership !== undefined) this.#owners.give(real, ownership, 'directory');
    });
  }

  setOwnership(path: string, ownership: Ownership): Promise<void> {
    return this.#at(path, 'keep', 'change the owner of', async (real) => {
      const stats = await lstat(real);
      const kind = stats.isSymbolicLink() ? 'symlink' : stats.isDirectory() ? 'directory' : 'file';
      this.#owners.give(real, ownership, kind);
    });
  }

  link(path: string, target: string): Promise<void> {
    return this.#at(path, 'keep', 'make the symlink', async (real) => {
      const there = await orUndefined(lstat(real));
      if (there !== undefined && !there.isSymbolicLink()) {
        throw new StepError(
          `cannot make the symlink ${path}: a ${there.isDirectory() ? 'directory' : 'file'} is in its place; move it away`,
        );
      }
      await this.#place(real, (temporary) => symlink(target, temporary));
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#at(from, 'keep', 'rename', async (realFrom) => {
      const realTo = await withinRoot(this.#root, to, 'keep');
      await rename(realFrom, realTo);
      this.#owners.moved(realFrom, realTo);
      await syncDirectory(dirname(realTo));
      if (dirname(realFrom) !== dirname(realTo)) await syncDirectory(dirname(realFrom));
    });
  }

  copy(from: string, to: string, ownership: Ownership = {}): Promise<void> {
    return this.#at(to, 'keep', 'write', async (real) => {
      const source = await withinRoot(this.#root, from, 'follow');
      await this.#place(real, async (temporary) => {
        await copyFile(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await chmod(temporary, 0o600);
        const file = await open(temporary, 'r');
        try {
          await file.sync();
        } finally {
          await file.close();
        }
        this.#owners.give(temporary, { mode: 0o644, ...ownership }, 'file');
      });
    });
  }

  remove(path: string): Promise<void> {
    return this.#at(path, 'keep', 'remove', async (real) => {
      const there = await orUndefined(lstat(real));
      if (there === undefined) return;
      // By inode: `//` and `/etc/..` are the root as well.
      const top = await lstat(this.#root);
      if (there.ino === top.ino && there.dev === top.dev) {
        throw new StepError(`cannot remove ${path}: it is the root`);
      }
      await rm(real, { recursive: true, force: true });
      this.#owners.removed(real);
      await syncDirectory(dirname(real));
    });
  }

  openLog(path: string): Promise<Log> {
    return this.#withParents(path, 'open', openLog);
  }

  openSink(path: string): Promise<Sink> {
    return this.#withParents(path, 'open', openSink);
  }

  async *blocks(path: string, from = 0): AsyncIterable<Buffer> {
    const real = await withinRoot(this.#root, path, 'follow');
    try {
      yield* blocks(real, { from });
    } catch (error) {
      throw fileError(error, 'read', path, real);
    }
  }

  openTree(root: string): Promise<TreeWriter> {
    return this.#withParents(root, 'unpack into', (real) =>
      openTree(real, (each, ownership, kind) => this.#owners.give(each, ownership, kind)),
    );
  }

  settle(path: string): Promise<void> {
    return this.#at(path, 'follow', 'make durable', settle);
  }

  freeBytes(path: string): Promise<number> {
    return this.#at(path, 'follow', 'look at', async (real) => bytesFree(real));
  }

  /** Runs `what` on the real path; its errors are told with the path that was asked for. */
  async #at<T>(
    path: string,
    last: Last,
    doing: string,
    what: (real: string) => Promise<T>,
    bytes?: number,
  ): Promise<T> {
    const real = await withinRoot(this.#root, path, last);
    try {
      return await what(real);
    } catch (error) {
      throw fileError(error, doing, path, real, bytes);
    }
  }

  /** What is opened here throws in words as well, as long as it is used. */
  #withParents<T extends object>(
    path: string,
    doing: string,
    what: (real: string) => Promise<T>,
  ): Promise<T> {
    return this.#at(path, 'follow', doing, async (real) => {
      await makeDirectories(dirname(real));
      return errorsInWords(await what(real), path, real);
    });
  }

  async #place(real: string, make: (temporary: string) => Promise<void>): Promise<void> {
    await makeDirectories(dirname(real));
    await replace(real, make, (temporary) => this.#owners.moved(temporary, real));
  }
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
