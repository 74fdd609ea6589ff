/** Folders kept by content: built once, found by a digest of all they are made from, shared by every run that wants the same. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

export const workFolder = '/var/tmp/bootstrap-agent-machines';

const keptForMs = 7 * 24 * 3600 * 1000;

/** Sixteen digits. */
export function digestOf(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  // With their lengths: what ends one part must not be able to begin the next.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/** Digest of files and of everything below folders: names, modes and bytes. What is not there counts as not there. */
export function digestOfFiles(...paths: readonly string[]): string {
  const parts = paths.flatMap((path) => {
    if (!existsSync(path)) return [`${path} absent`];
    const below = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path];
    return below
      .filter((name) => statSync(name).isFile())
      .sort()
      .flatMap((name) => [`${name} ${statSync(name).mode & 0o111}`, readFileSync(name)]);
  });
  return digestOf(...parts);
}

/** Gives the folder of that digest; where there is none yet, `build` fills a new one. `what` is said then. */
export async function kept(
  digest: string,
  what: string,
  build: (folder: string) => void | Promise<void>,
): Promise<string> {
  const folder = join(workFolder, digest);
  if (!existsSync(folder)) {
    const building = `${folder}.building-${process.pid}`;
    rmSync(building, { recursive: true, force: true });
    mkdirSync(building, { recursive: true });
    const began = performance.now();
    await build(building);
    console.log(
      `${what}: built in ${Math.round((performance.now() - began) / 1000)} s, kept as ${folder}`,
    );
    try {
      renameSync(building, folder);
    } catch (error) {
      // Two runs that want the same one build it at the same time; the first one stays.
      rmSync(building, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  utimesSync(folder, new Date(), new Date());
  return folder;
}

/** Removes what no run has wanted for a week: a developer's machine makes a new one at each change of a recipe. */
export function forgetTheOld(): void {
  for (const name of readdirSync(workFolder)) {
    const path = join(workFolder, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (/^[0-9a-f]{16}/.test(name) && age > keptForMs)
      rmSync(path, { recursive: true, force: true });
  }
}
