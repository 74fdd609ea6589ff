/** The agent's .deb, made from this tree as `npm run package` makes it, and kept by the content of all that goes into it. */
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type architectures, releaseOf } from '../../../scripts/package/release.ts';
import { sh } from '../sh.ts';
import { digestOfFiles, kept } from './kept.ts';

const tree = resolve(import.meta.dirname, '../../..');
const ingredients = [
  ...['src', 'scripts', 'packaging', 'roles', 'scenarios', 'systemd', 'docs'],
  ...['LICENSE', 'package.json', 'package-lock.json'],
];

/** Gives its path and a digest of what it was made from. */
export async function agentPackage(): Promise<{ path: string; digest: string }> {
  const digest = digestOfFiles(...ingredients.map((name) => join(tree, name)));
  const folder = await kept(digest, "the agent's package", build);
  const [name] = readdirSync(folder).filter((one) => one.endsWith('.deb'));
  return { path: join(folder, name ?? ''), digest };
}

/** In a copy: others may be using dist/ of the tree, or changing its files. */
async function build(folder: string): Promise<void> {
  const copy = join(folder, 'tree');
  for (const name of ingredients) cpSync(join(tree, name), join(copy, name), { recursive: true });
  // Node's archive for the package is fetched once for all.
  for (const name of ['node_modules', 'out/.cache']) {
    mkdirSync(join(tree, name), { recursive: true });
    mkdirSync(join(copy, name, '..'), { recursive: true });
    symlinkSync(join(tree, name), join(copy, name));
  }
  const { epoch } = await releaseOf(tree, true);
  const own = process.arch as keyof typeof architectures;
  const script = `cd "$1" && SOURCE_DATE_EPOCH=${epoch} && export SOURCE_DATE_EPOCH &&
    "$2" scripts/build.ts && "$2" scripts/package.ts --fast --format deb --arch ${own} --out "$3"`;
  sh('/bin/sh', '-c', script, 'sh', copy, process.execPath, folder);
  rmSync(copy, { recursive: true });
}
