/** Tree: every file of an installed agent at its place, with its mode and the time of the release. */
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from './tool.ts';

export const home = 'opt/bootstrap-agent';
export const documents = 'usr/share/doc/bootstrap-agent';

export interface Sources {
  /** The repository, with dist/ built. */
  readonly repository: string;
  readonly node: { readonly binary: string; readonly licence: string };
  readonly epoch: number;
  /** Text by path below the root; those that end in .gz are compressed. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Lays it out below `root`. */
export async function layOut(root: string, sources: Sources): Promise<void> {
  const { repository, node, texts } = sources;
  const put = (from: string, to: string) => copy(from, join(root, to));
  put(node.binary, `${home}/bin/node`);
  for (const name of ['agent', 'read-ahead'])
    put(`${repository}/packaging/${name}`, `${home}/bin/${name}`);
  for (const folder of ['roles', 'scenarios'])
    putAll(`${repository}/${folder}`, `${root}/${home}/${folder}`);
  // Not executable: the Node it runs on is the one beside it, never one found in PATH.
  putAll(`${repository}/dist`, `${root}/${home}/dist`, 0o644);
  for (const name of ['roles.md', 'role.schema.json'])
    put(`${repository}/docs/${name}`, `${home}/docs/${name}`);
  for (const name of readdirSync(`${repository}/systemd`))
    put(`${repository}/systemd/${name}`, unitPlace(name));
  mkdirSync(join(root, 'etc/bootstrap-agent/roles'), { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  symlinkSync(`/${home}/bin/agent`, join(root, 'usr/bin/agent'));
  for (const [path, text] of texts) await write(join(root, path), text);
  settle(root, sources.epoch);
}

/** Everything below `root`, parents first, by name. */
export function pathsBelow(root: string, prefix = ''): string[] {
  return readdirSync(join(root, prefix), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(prefix, entry.name);
      return entry.isDirectory() ? [path, ...pathsBelow(root, path)] : [path];
    });
}

/** A second tree of the same files, for a format that adds its own. */
export async function twin(root: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  await run('cp', ['--archive', '--link', root, to]);
}

/** Modes that no umask decides, and one time for all. */
export function settle(root: string, epoch: number): void {
  for (const path of [...pathsBelow(root).reverse(), '']) {
    const full = join(root, path);
    const stat = lstatSync(full);
    const program = stat.isDirectory() || (stat.mode & 0o100) !== 0;
    if (!stat.isSymbolicLink()) chmodSync(full, program ? 0o755 : 0o644);
    lutimesSync(full, epoch, epoch);
  }
}

function unitPlace(name: string): string {
  if (/\.(service|target|socket|timer|path)$/.test(name)) return `usr/lib/systemd/system/${name}`;
  if (name.endsWith('.preset')) return `usr/lib/systemd/system-preset/${name}`;
  const folder = /\.(tmpfiles|sysusers)\.conf$/.exec(name)?.[1];
  if (folder !== undefined) return `usr/lib/${folder}.d/${name.replace(`.${folder}.`, '.')}`;
  throw new Error(`systemd/${name}: no place is known for it. Add one in scripts/package/tree.ts.`);
}

function putAll(from: string, to: string, mode?: number): void {
  for (const path of pathsBelow(from)) {
    const isFile = statSync(join(from, path)).isFile();
    if (isFile && basename(path) !== 'modules.json') copy(join(from, path), join(to, path), mode);
  }
}

function copy(from: string, to: string, mode?: number): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  if (mode !== undefined) chmodSync(to, mode);
}

async function write(path: string, text: string): Promise<void> {
  const plainPath = path.replace(/\.gz$/, '');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(plainPath, text);
  // The program and not zlib, whose bytes differ from processor to processor.
  if (path !== plainPath) await run('gzip', ['-9n', plainPath]);
}
