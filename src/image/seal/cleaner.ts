/** Cleaner: finds the remnants of one sort; most are a list of patterns. */
import type { Files } from '../../host/host.ts';
import { bytesBelow, matching } from './matching.ts';
import type { Remnant } from './remnant.ts';

/** Looks, and changes nothing. */
export type Cleaner = (files: Files) => Promise<readonly Remnant[]>;

/** Whatever matches is removed. `except`: last parts of paths that stay. */
export function removing(
  what: string,
  patterns: readonly string[],
  except: ReadonlySet<string> = new Set(),
): Cleaner {
  return async (files) => {
    const found = new Set<string>();
    for (const pattern of patterns)
      for (const path of await matching(files, pattern)) found.add(path);
    const paths = [...found].filter((path) => !except.has(path.slice(path.lastIndexOf('/') + 1)));
    return Promise.all(paths.map((path) => removed(files, path, what)));
  };
}

/** The same below the home of every user, root included. */
export function removingInHomes(what: string, patterns: readonly string[]): Cleaner {
  return async (files) => {
    const homes = await homesOf(files);
    const below = homes.flatMap((home) => patterns.map((pattern) => `${home}/${pattern}`));
    return removing(what, below)(files);
  };
}

export async function removed(files: Files, path: string, what: string): Promise<Remnant> {
  return { path, what, bytes: await bytesBelow(files, path), end: { kind: 'remove' } };
}

/** Homes of passwd(5) that are there, and what else lies in /home: users that are gone may have left theirs. */
export async function homesOf(files: Files): Promise<string[]> {
  const passwd = String((await files.read('/etc/passwd')) ?? '');
  const homes = passwd.split('\n').map((line) => line.split(':')[5] ?? '');
  const others = await matching(files, '/home/*');
  // A daemon may have the root or a folder of the system as its home: nothing of a person is there.
  const real = ['/root', ...homes, ...others].filter((home) =>
    /^\/(?!proc|sys|dev)[^/]/.test(home),
  );
  return [...new Set(real.map((home) => home.replace(/\/+$/, '')))].filter(
    (home) => home !== '/nonexistent',
  );
}
