/** Downloading an object into the cache: streamed, resumed after a cut, verified at the end. */
import { createHash, type Hash } from 'node:crypto';
import { ObjectChangedError, type ObjectStream } from '../../aws/aws.ts';
import { ConfigError, StepError, UnavailableError } from '../../errors.ts';
import type { Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { PartialDownload, type Pin } from './partial.ts';
import { progressOf, type Receiver } from './receiver.ts';
import { demandSpace } from './space.ts';

/** A connection that brought this much counts as progress; one byte per connection would go on for ever. */
const worthwhile = 1 << 20;
/** Connections in a row that may break off without progress before the engine is to wait and try again. */
const mostCuts = 3;
/** What mends an object and a digest that are not of each other. */
const remedy =
  '  One of the two was replaced: publish the release again, its files and its manifest of one build.';
/** Times that the object may be replaced under the download. */
const mostChanges = 3;

/** Fills the cache with the step's object and hands the bytes to `receiver`. Throws as `obtain` does. */
export async function download(
  step: ArtifactStep,
  world: World,
  effort: Effort,
  receiver: Receiver,
): Promise<void> {
  const partial = await PartialDownload.open(world.host.files, step.sha256);
  try {
    await new Download(step, world, effort, receiver, partial).run();
  } catch (error) {
    // The disk is full or broken: what cannot be completed must not keep it full.
    if (error instanceof StepError) await partial.discard().catch(() => undefined);
    throw error;
  } finally {
    await partial.close();
  }
}

/** `s3://bucket/key`, with the version where one is named. */
export function addressOf({ source }: ArtifactStep): string {
  const { bucket, key, versionId } = source;
  return `s3://${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`;
}

class Download {
  readonly #step: ArtifactStep;
  readonly #world: World;
  readonly #effort: Effort;
  readonly #receiver: Receiver;
  readonly #partial: PartialDownload;
  #hash: Hash = createHash('sha256');
  /** Bytes that are there and hashed. */
  #position = 0;
  #pin: Pin | undefined;
  /** Some bytes came from an earlier process, and perhaps through a power cut: a wrong digest proves nothing yet. */
  #inherited = false;

  constructor(
    step: ArtifactStep,
    world: World,
    effort: Effort,
    receiver: Receiver,
    partial: PartialDownload,
  ) {
    this.#step = step;
    this.#world = world;
    this.#effort = effort;
    this.#receiver = receiver;
    this.#partial = partial;
  }

  async run(): Promise<void> {
    await this.#takeUp();
    for (;;) {
      await this.#fetchAll();
      const found = this.#hash.digest('hex');
      if (found === this.#step.sha256) return this.#partial.complete();
      if (!this.#inherited) {
        await this.#partial.discard();
        throw this.#wrongDigest(found);
      }
      await this.#startOver();
    }
  }

  /** Hashes what an earlier process left. */
  async #takeUp(): Promise<void> {
    const { found } = this.#partial;
    if (found === undefined) return;
    if (found.size !== (this.#step.size ?? found.size)) return this.#startOver();
    this.#pin = found;
    this.#inherited = true;
    for await (const block of this.#partial.blocks()) {
      this.#effort.signal.throwIfAborted();
      const wait = this.#accept(block);
      if (wait !== undefined) await wait;
    }
  }

  async #fetchAll(): Promise<void> {
    let cuts = 0;
    let changes = 0;
    while (this.#pin === undefined || this.#position < this.#pin.size) {
      const before = this.#position;
      try {
        const stream = await this.#open();
        const cut = await this.#receive(stream);
        if (cut === undefined) continue;
        cuts = this.#position - before >= worthwhile ? 0 : cuts + 1;
        if (cuts >= mostCuts) throw this.#brokenOff(stream, cuts, cut);
      } catch (error) {
        if (!(error instanceof ObjectChangedError)) throw error;
        changes += 1;
        if (changes >= mostChanges) throw this.#keepsChanging(changes, error);
        await this.#startOver();
      }
    }
  }

  /** Opens the object where the bytes end. Unavailable here goes to the engine at once: it knows how to wait. */
  async #open(): Promise<ObjectStream> {
    const { source } = this.#step;
    const { signal } = this.#effort;
    signal.throwIfAborted();
    const resume = this.#pin === undefined ? {} : { from: this.#position, ifMatch: this.#pin.etag };
    const stream = await this.#world.objects.open(source, { ...resume, signal });
    const wanted = this.#step.size ?? stream.size;
    if (stream.size !== wanted) {
      await this.#partial.discard();
      throw this.#wrongSize(wanted, stream.size);
    }
    if (this.#pin === undefined) {
      const { etag, size, versionId } = stream;
      await demandSpace(this.#world.host.files, this.#step, size);
      this.#pin = { etag, size, ...(versionId === undefined ? {} : { versionId }) };
      this.#partial.note(this.#pin);
    }
    return stream;
  }

  /** Takes the stream to its end, or to where it broke off: gives what broke it. */
  async #receive(stream: ObjectStream): Promise<UnavailableError | undefined> {
    const progress = progressOf(this.#effort, stream.size);
    try {
      for await (const chunk of stream.body) {
        this.#effort.signal.throwIfAborted();
        const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
        if (this.#position + bytes.length > stream.size) {
          return new UnavailableError(`more bytes came than the ${stream.size} announced`);
        }
        this.#partial.write(bytes, this.#position);
        const wait = this.#accept(bytes);
        if (wait !== undefined) await wait;
        progress(this.#position);
      }
    } catch (error) {
      if (error instanceof UnavailableError) return error;
      throw error;
    }
    if (this.#position === stream.size) return undefined;
    return new UnavailableError('the connection ended early');
  }

  #accept(bytes: Buffer): Promise<void> | undefined {
    this.#hash.update(bytes);
    const wait = this.#receiver.take(bytes, this.#position);
    this.#position += bytes.length;
    return wait;
  }

  async #startOver(): Promise<void> {
    this.#hash = createHash('sha256');
    this.#position = 0;
    this.#pin = undefined;
    this.#inherited = false;
    await this.#partial.startOver();
    await this.#receiver.restart();
  }

  #wrongDigest(found: string): ConfigError {
    return new ConfigError(
      [
        `${addressOf(this.#step)} is not the object that was wanted`,
        `  wanted sha256 ${this.#step.sha256} (from the release manifest, or sha256 at ${this.#step.from} in the role)`,
        `  found  sha256 ${found}`,
        remedy,
      ].join('\n'),
    );
  }

  #wrongSize(wanted: number, found: number): ConfigError {
    return new ConfigError(
      [
        `${addressOf(this.#step)} is not the object that was wanted`,
        `  wanted ${wanted} bytes (from the release manifest)`,
        `  found  ${found} bytes`,
        remedy,
      ].join('\n'),
    );
  }

  #brokenOff({ size }: ObjectStream, cuts: number, cause: Error): UnavailableError {
    return new UnavailableError(
      `the download of ${addressOf(this.#step)} broke off at byte ${this.#position} of ${size}, ${cuts} times in a row: ${cause.message}`,
      { cause },
    );
  }

  #keepsChanging(changes: number, cause: Error): UnavailableError {
    return new UnavailableError(
      `${addressOf(this.#step)} was replaced ${changes} times while it was being downloaded`,
      { cause },
    );
  }
}
