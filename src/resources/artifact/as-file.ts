/** An artifact as one file: the object itself. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import { StepError } from '../../errors.ts';
import type { Files, Sink, Stat } from '../../host/host.ts';
import type { Difference, Drift, Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { obtain } from './obtain.ts';
import { drift, ownershipDifferences, ownershipOf } from './ownership.ts';
import type { Receiver } from './receiver.ts';
import { readSeal, seal, unseal } from './seal.ts';

/** As `Resource.check`. A file that was not touched since it was sealed is not read again. */
export async function checkFile(
  step: ArtifactStep,
  world: World,
  signal?: AbortSignal,
): Promise<Drift | undefined> {
  const { files } = world.host;
  const stat = await files.stat(step.path);
  const content = await contentDifference(step, files, stat, signal);
  const differences = content === undefined ? [] : [content];
  if (stat?.type === 'file') differences.push(...ownershipDifferences(step, stat));
  return drift(differences);
}

/** As `Resource.apply`. The file is replaced as a whole, by a rename, when its digest has passed. */
export async function applyFile(step: ArtifactStep, world: World, effort: Effort): Promise<void> {
  const { files } = world.host;
  const stat = await files.stat(step.path);
  if (stat?.type === 'directory') {
    throw new StepError(
      `${step.id}: wanted the file ${step.path}, found a directory: move it away, or change the artifact's "to"`,
    );
  }
  if ((await contentDifference(step, files, stat, effort.signal)) === undefined) {
    await files.setOwnership(step.path, ownershipOf(step));
  } else await replaceFile(step, world, effort);
  const made = await files.stat(step.path);
  if (made === undefined) throw new StepError(`${step.id}: ${step.path} vanished`);
  const content = { digest: step.sha256, identity: made.identity };
  await seal(world, effort, sealPlace(step), content, step.path);
}

async function contentDifference(
  step: ArtifactStep,
  files: Files,
  stat: Stat | undefined,
  signal?: AbortSignal,
): Promise<Difference | undefined> {
  const wanted = `sha256 ${step.sha256}`;
  if (stat === undefined) return { aspect: 'content', wanted };
  if (stat.type !== 'file') return { aspect: 'content', found: `a ${stat.type}`, wanted };
  if (step.size !== undefined && stat.size !== step.size) {
    return { aspect: 'content', found: `${stat.size} bytes`, wanted: `${step.size} bytes` };
  }
  const sealed = await readSeal(files, sealPlace(step));
  const unchanged = sealed?.identity === stat.identity;
  const found = unchanged ? sealed.digest : await digestOf(files, step.path, signal);
  if (found === step.sha256) return undefined;
  return { aspect: 'content', found: `sha256 ${found}`, wanted };
}

async function digestOf(files: Files, path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of files.blocks(path)) {
    signal?.throwIfAborted();
    hash.update(block);
  }
  return hash.digest('hex');
}

async function replaceFile(step: ArtifactStep, world: World, effort: Effort): Promise<void> {
  const { files } = world.host;
  const staging = stagingPath(step);
  const copy = new Copy(await files.openSink(staging));
  try {
    await copy.restart();
    await obtain(step, world, effort, copy);
    await copy.close();
    await files.setOwnership(staging, ownershipOf(step));
    await unseal(files, sealPlace(step));
    await files.rename(staging, step.path);
  } finally {
    await copy.close();
    await files.remove(staging);
  }
}

/** Writes what passes by beside the place it is for. */
class Copy implements Receiver {
  readonly #sink: Sink;
  #open = true;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  take(bytes: Buffer, position: number): undefined {
    this.#sink.write(bytes, position);
  }

  async restart(): Promise<void> {
    this.#sink.truncate(0);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#sink.close({ durable: false });
  }
}

/** The same at each try, so that a try that was killed leaves nothing that the next does not take away. */
function stagingPath({ path }: ArtifactStep): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return `${dirname(path)}/.bootstrap-agent-${name}.artifact`;
}

function sealPlace({ id }: ArtifactStep): string {
  return `/var/lib/bootstrap-agent/artifacts/${encodeURIComponent(id)}.json`;
}
