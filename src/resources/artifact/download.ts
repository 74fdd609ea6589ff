/** Downloading an object into the cache: streamed, resumed after a cut, verified at the end. */
import { createHash, type Hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ObjectChangedError, type ObjectStream } from '../../aws/aws.ts';
import { StepError, UnavailableError } from '../../errors.ts';
import type { Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { PartialDownload, type Pin } from './partial.ts';
import { RangedFetch } from './ranged-fetch.ts';
import { firstRange, type Range, rangesOf } from './ranges.ts';
import { progressOf, type Receiver } from './receiver.ts';
import { demandSpace } from './space.ts';
import { addressOf, wrongDigest, wrongSize } from './wrong-object.ts';

/** A connection that brought this much counts as progress; one byte per connection would go on for ever. */
const worthwhile = 1 << 20;
/** Connections in a row that may break off without progress before the engine is to wait and try again. */
const mostCuts = 3;
/** Bytes read back at once; they stay in the processor's cache until they are hashed and unpacked. */
const blockSize = 1 << 19;
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
        throw wrongDigest(this.#step, found);
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
        const first = firstRange(this.#position, this.#pin?.size ?? this.#step.size);
        const stream = await this.#open(first ?? { from: this.#position });
        if (stream.end < stream.size) {
          await this.#receiveRanges(stream);
          continue;
        }
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

  /** Opens the object at `range`. Unavailable here goes to the engine at once: it knows how to wait. */
  async #open(
    range: Pick<Range, 'from'> & Partial<Range>,
    signal = this.#effort.signal,
  ): Promise<ObjectStream> {
    const { source } = this.#step;
    signal.throwIfAborted();
    const pinned = this.#pin === undefined ? {} : { ifMatch: this.#pin.etag };
    const stream = await this.#world.objects.open(source, { ...range, ...pinned, signal });
    if (this.#pin !== undefined) {
      if (stream.size === this.#pin.size) return stream;
      throw new ObjectChangedError(`${addressOf(this.#step)} has another size, but the same ETag`);
    }
    const wanted = this.#step.size ?? stream.size;
    if (stream.size !== wanted) {
      await this.#partial.discard();
      throw wrongSize(this.#step, wanted, stream.size);
    }
    const { etag, size, versionId } = stream;
    await demandSpace(this.#world.host.files, this.#step, size);
    this.#pin = { etag, size, ...(versionId === undefined ? {} : { versionId }) };
    this.#partial.note(this.#pin);
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

  /** Takes `first` and the ranges behind it; what they brought is read back from the page cache and handed on in order. */
  async #receiveRanges(first: ObjectStream): Promise<void> {
    const { size, end } = first;
    const { signal } = this.#effort;
    const from = this.#position;
    await this.#partial.expectHoles(from);
    const fetch = new RangedFetch({
      ranges: [{ from, to: end }, ...rangesOf(end, size)],
      first,
      open: (range, aborted) => this.#open(range, aborted),
      write: (bytes, position) => this.#partial.write(bytes, position),
      signal,
      worthwhile,
      mostCuts,
      what: addressOf(this.#step),
    });
    const block = Buffer.allocUnsafeSlow(blockSize);
    const progress = progressOf(this.#effort, size);
    try {
      while (this.#position < size) {
        const front = await fetch.beyond(this.#position);
        this.#partial.noteFront(front);
        const wanted = Math.min(blockSize, front - this.#position);
        const read = this.#partial.read(block.subarray(0, wanted), this.#position);
        const wait = this.#accept(block.subarray(0, read));
        progress(from + fetch.received);
        // Sockets, heartbeats and deadlines get their turn.
        await (wait ?? nextTurn());
        signal.throwIfAborted();
      }
    } finally {
      await fetch.close();
      await this.#partial.endHoles(fetch.front);
    }
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
