/** Paths of a machine that lives below a directory: resolved as chroot(2) would, one component after the other. */
import { readlink } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { StepError } from '../errors.ts';
import { hasCode } from './file-errors.ts';

/** As many as the kernel follows (path_resolution(7)). */
const mostLinks = 40;

/**
 * Where `path` of the machine below `root` really lies. Symlinks on the way are followed inside the root, absolute ones
 * from the root on, and `..` stops there; the last component is followed or kept as asked. Throws StepError for a path
 * that is not absolute and for symlinks in a circle.
 */
export async function withinRoot(
  root: string,
  path: string,
  last: 'follow' | 'keep',
): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new StepError(`${JSON.stringify(path)} is not an absolute path`);
  }
  // The machine's own root: the kernel resolves.
  if (root === '/') return path;
  const ahead = components(path);
  let behind: string[] = [];
  let links = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === '..') {
      behind.pop();
      continue;
    }
    const kept = last === 'keep' && ahead.length === 0;
    const target = kept ? undefined : await linkTarget(join(root, ...behind, part));
    if (target === undefined) {
      behind.push(part);
      continue;
    }
    links += 1;
    if (links > mostLinks) {
      throw new StepError(`cannot resolve ${path}: too many symlinks on the way`);
    }
    if (isAbsolute(target)) behind = [];
    ahead.unshift(...components(target));
  }
  return join(root, ...behind);
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

async function linkTarget(real: string): Promise<string | undefined> {
  try {
    return await readlink(real);
  } catch (error) {
    // EINVAL: there is something and it is not a symlink (readlink(2)).
    if (hasCode(error, 'EINVAL', 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES')) return undefined;
    throw error;
  }
}
