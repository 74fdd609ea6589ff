/** Unpacking an object into a staging directory, while it is downloaded where the format allows. */

import { ConfigError } from '../../errors.ts';
import type { TreeWriter } from '../../host/host.ts';
import type { Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { isStreamed, type StreamedFormat, TarStream, Unpacking } from './archive/unpacking.ts';
import { readZip } from './archive/zip-reader.ts';
import { cachePath } from './cache.ts';
import { obtain } from './obtain.ts';
import { ownershipOf } from './ownership.ts';
import { noReceiver, type Receiver } from './receiver.ts';
import { addressOf } from './wrong-object.ts';

/**
 * Fills the new directory `staging` with the members of the step's object. Throws as `obtain` does, and ConfigError when the
 * verified object is no archive of the format or holds a member that is refused.
 */
export async function unpackInto(
  staging: string,
  step: ArtifactStep,
  world: World,
  effort: Effort,
): Promise<void> {
  if (isStreamed(step.format)) {
    return unpackStream(staging, step, step.format, world, effort);
  }
  if (step.format !== 'zip') {
    throw new ConfigError(
      `${step.id}: ${addressOf(step)} cannot be unpacked: it is no .tar, .tar.gz, .tgz, .tar.zst or .zip; set "unpack: false" at ${step.from} to have it as a file`,
    );
  }
  await obtain(step, world, effort, noReceiver);
  await unzip(staging, step, world, effort);
}

async function unpackStream(
  staging: string,
  step: ArtifactStep,
  format: StreamedFormat,
  world: World,
  effort: Effort,
): Promise<void> {
  const unpacker = new Unpacker(staging, step, format, world);
  try {
    await unpacker.restart();
    await obtain(step, world, effort, unpacker);
    await named(step, unpacker.finish());
  } finally {
    unpacker.abandon();
  }
}

async function unzip(
  staging: string,
  step: ArtifactStep,
  world: World,
  effort: Effort,
): Promise<void> {
  const { files } = world.host;
  const path = cachePath(step.sha256);
  const size = (await files.stat(path))?.size ?? 0;
  const unpacking = new Unpacking(await files.openTree(staging), step);
  try {
    await named(step, readZip(files, path, size, unpacking, effort.signal));
    await named(step, unpacking.finish(ownershipOf(step)));
  } finally {
    unpacking.abandon();
  }
}

/** What is wrong with an archive, with the object named and what a person can do. */
async function named<T>(step: ArtifactStep, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      `${step.id}: ${addressOf(step)}: ${error.message}; pack it anew, or change ${step.from} in the role`,
      { cause: error },
    );
  }
}

/** Unpacks a stream as it passes by. What is wrong with the archive is told only when the object proved to be the right one. */
class Unpacker implements Receiver {
  readonly #staging: string;
  readonly #step: ArtifactStep;
  readonly #format: StreamedFormat;
  readonly #world: World;
  #tree: TreeWriter | undefined;
  #unpacking: Unpacking | undefined;
  #stream: TarStream | undefined;
  #fault: ConfigError | undefined;

  constructor(staging: string, step: ArtifactStep, format: StreamedFormat, world: World) {
    this.#staging = staging;
    this.#step = step;
    this.#format = format;
    this.#world = world;
  }

  async restart(): Promise<void> {
    this.abandon();
    const { files } = this.#world.host;
    await files.remove(this.#staging);
    this.#tree = await files.openTree(this.#staging);
    this.#unpacking = new Unpacking(this.#tree, this.#step);
    this.#stream = new TarStream(this.#format, this.#unpacking);
    this.#fault = undefined;
  }

  take(bytes: Buffer): Promise<void> | undefined {
    if (this.#fault !== undefined) return undefined;
    try {
      return this.#stream?.push(bytes)?.catch((error: unknown) => this.#remember(error));
    } catch (error) {
      this.#remember(error);
      return undefined;
    }
  }

  /** To be called when the object is verified. */
  async finish(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    await this.#stream?.end();
    await this.#unpacking?.finish(ownershipOf(this.#step));
  }

  abandon(): void {
    this.#stream?.abandon();
    this.#tree?.abandon();
  }

  /** A bad archive may turn out to be a damaged download; that the disk is full is true either way. */
  #remember(error: unknown): void {
    if (!(error instanceof ConfigError)) throw error;
    this.#fault = error;
  }
}
