/** What the artifact tests share: a machine of real files in a temporary directory, a loopback object server, and a step. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootedFiles } from '../../../src/host/files.ts';
import type { Files, Host } from '../../../src/host/host.ts';
import { recordedOwnership } from '../../../src/host/ownership.ts';
import { Redactor } from '../../../src/redaction.ts';
import { artifact } from '../../../src/resources/artifact/artifact.ts';
import type { Drift, Effort, Progress, World } from '../../../src/resources/resource.ts';
import type { ArtifactStep } from '../../../src/resources/step.ts';
import { type ObjectServer, objectServer } from './object-server.ts';

export interface Rig {
  readonly root: string;
  readonly server: ObjectServer;
  readonly files: Files;
  readonly progress: Progress[];
  world(files?: Files): World;
  check(step: ArtifactStep): Promise<Drift | undefined>;
  /** Applies the step as the engine does: only what `check` found. */
  apply(step: ArtifactStep, options?: ApplyOptions): Promise<void>;
  /** Puts `bytes` into the bucket and gives the step that wants them. */
  publish(bytes: Buffer, step?: Partial<ArtifactStep>): ArtifactStep;
  real(path: string): string;
  close(): Promise<void>;
}

interface ApplyOptions {
  readonly files?: Files;
  readonly signal?: AbortSignal;
  readonly afterwards?: NonNullable<Effort['afterwards']>;
}

export async function rig(): Promise<Rig> {
  const root = mkdtempSync(join(tmpdir(), 'artifact-test-'));
  const server = await objectServer();
  const files = rootedFiles(root, { ownership: recordedOwnership(root) });
  // A whole machine's sync would wait for the disks of everybody else; that it is called is shown elsewhere.
  files.settle = async () => undefined;
  const progress: Progress[] = [];
  const world = (instead: Files = files): World => ({
    host: { files: instead } as Host,
    objects: server.store,
    secrets: { read: () => Promise.reject(new Error('an artifact needs no secrets')) },
    redactor: new Redactor(),
  });
  return {
    root,
    server,
    files,
    progress,
    world,
    check: (step) => artifact.check(step, world(), { stale: false }),
    apply: async (step, options = {}) => {
      const drift = await artifact.check(step, world(), { stale: false });
      if (drift === undefined) return;
      await artifact.apply(step, world(options.files), {
        drift,
        stale: false,
        signal: options.signal ?? new AbortController().signal,
        progress: (each) => progress.push(each),
        ...(options.afterwards === undefined ? {} : { afterwards: options.afterwards }),
      });
    },
    publish: (bytes, step = {}) => {
      const sha256 = sha256Of(bytes);
      const key = step.source?.key ?? 'shop';
      server.objects.set(key, { bytes, etag: `"${sha256.slice(0, 8)}"` });
      return { ...treeStep, sha256, ...step };
    },
    real: (path) => join(root, path),
    close: async () => {
      await server.close();
      rmSync(root, { recursive: true, force: true });
      rmSync(`${root}.ownership`, { force: true });
    },
  };
}

const treeStep: ArtifactStep = {
  kind: 'artifact',
  id: 'artifact:shop',
  needs: [],
  from: 'artifacts.shop',
  source: { bucket: 'acme', key: 'shop' },
  sha256: '',
  as: 'tree',
  format: 'tar.gz',
  path: '/opt/shop',
  keep: 2,
  strip: 0,
  limits: { bytes: 1 << 26, files: 10_000 },
  owner: 'root',
  group: 'root',
  mode: '0755',
};

export const asFile: Partial<ArtifactStep> = {
  as: 'file',
  format: 'plain',
  path: '/srv/shop.war',
  mode: '0640',
};

/** `files` as a plain object of methods, of which a test may replace some. */
export function boundFiles(files: Files): Files {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(files)) as (keyof Files)[];
  const methods = names.map((name) => [name, files[name].bind(files)]);
  return { ...Object.fromEntries(methods), settle: files.settle };
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** All that is below `directory`: path -> content, `-> target`, or `/` for a directory. */
export function treeAt(directory: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  const entries = readdirSync(join(directory, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(below, entry.name);
    if (entry.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(directory, path))}`;
    else if (entry.isDirectory()) {
      Object.assign(found, { [path]: '/' }, treeAt(directory, path));
    } else found[path] = readFileSync(join(directory, path)).toString('latin1');
  }
  return found;
}

/** Bytes that do not compress and are the same at each run. */
export function noise(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}
