/** Node runtime: the pinned Node of either architecture, as published, with its digest checked against package-lock.json. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { type Architecture, architectures } from './release.ts';
import { run } from './tool.ts';

export interface NodeRuntime {
  readonly binary: string;
  readonly licence: string;
}

/** Takes the package from `cache`, or else from npm's own cache or registry; unpacks it below `into`. */
export async function nodeRuntime(
  architecture: Architecture,
  { tree, cache, into }: { tree: string; cache: string; into: string },
): Promise<NodeRuntime> {
  const name = `node-linux-${architecture}`;
  const { version, integrity } = pinned(tree, name);
  const archive = `${cache}/${name}-${version}.tgz`;
  if (!existsSync(archive)) await download(`${name}@${version}`, archive);
  const found = sha512(readFileSync(archive));
  if (found !== integrity) {
    throw new Error(
      `${archive} is not what package-lock.json pins: wanted ${integrity}, found ${found}. Delete it and run this again.`,
    );
  }
  mkdirSync(into, { recursive: true });
  const members = ['package/bin/node', 'package/LICENSE'];
  await run('tar', ['-xzf', archive, '-C', into, '--no-same-owner', ...members]);
  const runtime = { binary: `${into}/package/bin/node`, licence: `${into}/package/LICENSE` };
  const machine = elfMachine(runtime.binary);
  if (machine !== architectures[architecture].elfMachine) {
    throw new Error(`${name}@${version} holds a program for another machine (ELF ${machine}).`);
  }
  return runtime;
}

function pinned(tree: string, name: string): { version: string; integrity: string } {
  const lock = JSON.parse(readFileSync(`${tree}/package-lock.json`, 'utf8'));
  const entry = lock.packages[`node_modules/${name}`];
  if (entry?.integrity !== undefined) return entry;
  throw new Error(
    `package-lock.json pins no ${name}. It belongs to "optionalDependencies" of package.json.`,
  );
}

async function download(spec: string, archive: string): Promise<void> {
  const folder = `${archive}.download`;
  mkdirSync(folder, { recursive: true });
  try {
    const args = ['pack', spec, '--prefer-offline', '--json', '--pack-destination', folder];
    const [{ filename }] = JSON.parse(await run('npm', args));
    renameSync(`${folder}/${basename(filename)}`, archive);
  } catch (cause) {
    throw new Error(
      `${spec} could not be had by \`npm pack\`. Without a network, put its archive at ${archive}.`,
      { cause },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sha512(bytes: Buffer): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

function elfMachine(path: string): number {
  return readFileSync(path).readUInt16LE(18);
}
