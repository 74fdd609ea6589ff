/** Durable replacing: a file or a symlink is there as a whole or not at all, whatever is cut off when. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from './file-errors.ts';
import { temporaryPrefix } from './host.ts';

const turns = new Map<string, Promise<unknown>>();

/**
 * Fills a temporary name beside `real` by `make`, then renames it to `real` and makes the rename durable. The name is the
 * same for every try, so that what a killed agent left is swept away by the next; hence one try at a time in a process.
 */
export async function replace(
  real: string,
  make: (temporary: string) => Promise<void>,
  renamed: (temporary: string) => void = () => undefined,
): Promise<void> {
  const before = turns.get(real);
  const mine = (before ?? Promise.resolve())
    .catch(() => undefined)
    .then(async () => {
      const temporary = temporaryName(real);
      await rm(temporary, { force: true, recursive: true });
      try {
        await make(temporary);
        await rename(temporary, real);
      } catch (error) {
        // Best effort: the error that led here is the one to tell.
        await rm(temporary, { force: true, recursive: true }).catch(() => undefined);
        throw error;
      }
      renamed(temporary);
      await syncDirectory(dirname(real));
    });
  turns.set(real, mine);
  try {
    await mine;
  } finally {
    if (turns.get(real) === mine) turns.delete(real);
  }
}

/** Makes the entries of a directory durable: fsync of a file alone does not (fsync(2)). */
export async function syncDirectory(real: string): Promise<void> {
  const directory = await open(real, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Makes a directory and its missing parents, 0755 whatever the umask, each durable. True where `real` itself had to be made.
 * Throws ENOTDIR where a file is in its place.
 */
export async function makeDirectories(real: string): Promise<boolean> {
  try {
    await mkdir(real, 0o755);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      await makeDirectories(dirname(real));
      return makeDirectories(real);
    }
    if (!hasCode(error, 'EEXIST')) throw error;
    if ((await stat(real)).isDirectory()) return false;
    throw Object.assign(new Error(`${real} is not a directory`), { code: 'ENOTDIR' });
  }
  await chmod(real, 0o755);
  await syncDirectory(dirname(real));
  return true;
}

/** Of fixed length, since the file's own name may be as long as the file system allows. */
function temporaryName(real: string): string {
  const digest = createHash('sha256').update(basename(real)).digest('hex').slice(0, 16);
  return join(dirname(real), `${temporaryPrefix}${digest}.tmp`);
}
