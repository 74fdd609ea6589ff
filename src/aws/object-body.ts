/** The bytes of an object as they come from S3, with a broken connection made recognisable. */
import { finished, type Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { giveBack } from '../give-back.ts';
import { Failure } from './failure.ts';

export interface Announced {
  /** `s3://bucket/key`. */
  readonly what: string;
  /** Bytes that this answer announced. */
  readonly length: number;
  readonly signal: AbortSignal | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Told once, when the body ended, broke off or was left. */
  readonly ended: (received: Received) => void;
}

export interface Received {
  readonly bytes: number;
  /** Milliseconds from the first look for bytes to the end. */
  readonly ms: number;
  /** The part of it in which the reader waited for bytes; in the rest it was at work on those that it had. */
  readonly waitedMs: number;
}

/** Bytes that may wait for the reader; more would only be memory, since the kernel holds as much besides. */
const mostWaiting = 1 << 20;

/**
 * Yields the pieces of `stream` as they come, each valid until the next is asked for. Throws UnavailableError where it ends or breaks before all announced bytes
 * came, the signal's reason where that aborts. Leaving the loop early closes the connection.
 */
export async function* objectBody(
  stream: Readable,
  { what, length, signal, clock, ended }: Announced,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = () => void stream.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  const begun = clock.monotonic();
  let received = 0;
  let at = begun;
  let waited = 0;
  try {
    signal?.throwIfAborted();
    const arrivals = new Arrivals(stream);
    for (;;) {
      const piece = arrivals.take() ?? (await arrivals.next());
      waited += clock.monotonic() - at;
      if (piece === undefined) break;
      received += piece.length;
      yield piece;
      at = clock.monotonic();
    }
  } catch (error) {
    signal?.throwIfAborted();
    const failure = new Failure(error);
    throw new UnavailableError(
      `s3:GetObject of ${what}: the connection broke after ${received} of ${length} bytes (${failure.code})`,
      { cause: failure },
    );
  } finally {
    signal?.removeEventListener('abort', stop);
    stream.destroy();
    const ms = Math.round(clock.monotonic() - begun);
    ended({ bytes: received, ms, waitedMs: Math.min(ms, Math.round(waited)) });
  }
  signal?.throwIfAborted();
  if (received < length) {
    throw new UnavailableError(
      `s3:GetObject of ${what}: the answer ended after ${received} of ${length} bytes`,
    );
  }
}

/**
 * The pieces of a stream, each as it came. A stream's own iterator costs several times as much: it joins what waits into a copy, and
 * takes several turns for each.
 */
class Arrivals {
  readonly #stream: Readable;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  /** The piece that the reader has. */
  #taken: Uint8Array | undefined;
  #outcome: { readonly error?: Error } | undefined;
  #wake: () => void = () => undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (piece: Uint8Array) => {
      this.#waiting.push(piece);
      this.#bytes += piece.length;
      if (this.#bytes >= mostWaiting) stream.pause();
      this.#wake();
    });
    finished(stream, { writable: false }, (error) => {
      this.#outcome = error ? { error } : {};
      this.#wake();
    });
  }

  /** The next piece where one is there. What was taken before is no longer valid. */
  take(): Uint8Array | undefined {
    const piece = this.#waiting.shift();
    if (piece === undefined) return undefined;
    this.#bytes -= piece.length;
    if (this.#waiting.length === 0 && this.#stream.isPaused()) this.#stream.resume();
    this.#release(piece);
    return piece;
  }

  /** The next piece when it comes; undefined at the end. Throws what broke the stream, after all that came before it. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const piece = this.take();
      if (piece !== undefined) return piece;
      if (this.#outcome?.error !== undefined) throw this.#outcome.error;
      if (this.#outcome !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /**
   * Pieces come in order, so memory is done with when a piece of other memory follows. Only what fills most of its memory is given
   * back: the pool of Buffer, which is everybody's, gives pieces of less than half its size.
   */
  #release(next: Uint8Array): void {
    const before = this.#taken;
    this.#taken = next;
    if (before === undefined || before.buffer === next.buffer) return;
    if (before.length * 2 > before.buffer.byteLength) giveBack(before.buffer);
  }
}
