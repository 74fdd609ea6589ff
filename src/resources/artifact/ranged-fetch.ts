/** A ranged fetch: one object over several connections at once, each range written to its place as it comes. */
import type { ObjectStream } from '../../aws/aws.ts';
import { UnavailableError } from '../../errors.ts';
import type { Range } from './ranges.ts';

/** Connections besides which the first ranges are fetched; 4 of 90 MB/s bring more than most archives unpack at. */
const fewConnections = 4;
const mostConnections = 16;

export interface RangedOptions {
  /** All that is to be fetched, in order, without gaps. */
  readonly ranges: readonly Range[];
  /** The answer to the request for the first range. */
  readonly first: ObjectStream;
  /** Asks for a range. What it throws ends the fetch, except UnavailableError while other connections work. */
  open(range: Range, signal: AbortSignal): Promise<ObjectStream>;
  /** Takes bytes that belong at `position`, in any order; they are overwritten once it returned. */
  write(bytes: Uint8Array, position: number): void;
  readonly signal: AbortSignal;
  /** `s3://bucket/key`. */
  readonly what: string;
  /** A connection that brought this many bytes made progress. */
  readonly worthwhile: number;
  /** Connections in a row without progress after which a range is given up. */
  readonly mostCuts: number;
}

/** A range and how much of it is there. */
interface Part {
  readonly to: number;
  there: number;
}

/**
 * Starts with few connections; more are opened only while whoever asks by `beyond` waits for bytes. One that AWS refuses (503
 * SlowDown) is not opened again while others work. Nothing is written any more once `close` is resolved.
 */
export class RangedFetch {
  readonly #options: RangedOptions;
  readonly #parts: Part[];
  readonly #queue: Part[];
  readonly #end: number;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #connections = new Set<Promise<void>>();
  #most = mostConnections;
  /** Somebody had to wait since connections were last added. */
  #awaited = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;
  /** Bytes that came, of all ranges. */
  received = 0;

  constructor(options: RangedOptions) {
    this.#options = options;
    this.#parts = options.ranges.map(({ from, to }) => ({ there: from, to }));
    this.#queue = [...this.#parts];
    this.#end = this.#parts.at(-1)?.to ?? 0;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#connect(options.first);
    this.#connectUpTo(fewConnections);
  }

  /** Byte up to which everything is there. */
  get front(): number {
    while (this.#parts[0] !== undefined && this.#parts[0].there === this.#parts[0].to) {
      this.#parts.shift();
    }
    return this.#parts[0]?.there ?? this.#end;
  }

  /** Resolves with `front` when that is beyond `position`. Throws what ended the fetch, with what came before still there. */
  async beyond(position: number): Promise<number> {
    for (;;) {
      const { front } = this;
      if (front > position) return front;
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#awaited = true;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.#fail(new Error('the fetch was closed'));
    await Promise.all(this.#connections);
  }

  #connectUpTo(connections: number): void {
    const wanted = Math.min(connections, this.#most) - this.#connections.size;
    for (let n = Math.min(wanted, this.#queue.length); n > 0; n -= 1) this.#connect();
  }

  #connect(first?: ObjectStream): void {
    const connection = this.#work(first)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#connections.delete(connection);
        // The last one that could have taken over a refused range was about to end itself.
        if (this.#connections.size === 0 && this.#failure === undefined) this.#connectUpTo(1);
      });
    this.#connections.add(connection);
  }

  /** One connection: takes range after range, until none is left or AWS refuses one. */
  async #work(first?: ObjectStream): Promise<void> {
    let stream = first;
    for (let part = this.#queue.shift(); part !== undefined; part = this.#queue.shift()) {
      if (!(await this.#fetch(part, stream))) return;
      stream = undefined;
      if (!this.#awaited) continue;
      this.#awaited = false;
      this.#connectUpTo(this.#connections.size * 2);
    }
  }

  /** Brings the whole of `part`; false where AWS refused and the others are to bring the rest. */
  async #fetch(part: Part, first?: ObjectStream): Promise<boolean> {
    let stream = first;
    for (let cuts = 0; part.there < part.to; stream = undefined) {
      const before = part.there;
      stream ??= await this.#opened(part);
      if (stream === undefined) return false;
      const cut = await this.#receive(part, stream);
      if (cut === undefined) continue;
      cuts = part.there - before >= this.#options.worthwhile ? 0 : cuts + 1;
      if (cuts < this.#options.mostCuts) continue;
      throw new UnavailableError(
        `the download of ${this.#options.what} broke off at byte ${part.there} of ${this.#end}, ${cuts} times in a row: ${cut.message}`,
        { cause: cut },
      );
    }
    return true;
  }

  async #opened(part: Part): Promise<ObjectStream | undefined> {
    this.#signal.throwIfAborted();
    try {
      return await this.#options.open({ from: part.there, to: part.to }, this.#signal);
    } catch (error) {
      const alone = this.#connections.size <= 1;
      if (alone || !(error instanceof UnavailableError) || this.#signal.aborted) throw error;
      this.#most = Math.max(1, this.#connections.size - 1);
      this.#queue.unshift(part);
      return undefined;
    }
  }

  /** Takes the stream to its end, or to where it broke off: gives what broke it. */
  async #receive(part: Part, stream: ObjectStream): Promise<UnavailableError | undefined> {
    try {
      for await (const bytes of stream.body) {
        this.#signal.throwIfAborted();
        if (part.there + bytes.length > part.to) {
          return new UnavailableError(`more bytes came than up to ${part.to}, as asked for`);
        }
        this.#options.write(bytes, part.there);
        part.there += bytes.length;
        this.received += bytes.length;
        if (part === this.#parts[0]) this.#wake();
      }
    } catch (error) {
      if (error instanceof UnavailableError) return error;
      throw error;
    }
    return part.there === part.to ? undefined : new UnavailableError('the connection ended early');
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(this.#failure.error);
    this.#wake();
  }
}
