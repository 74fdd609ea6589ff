/** The bytes of an object as they come from S3, with a broken connection made recognisable. */
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
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

/**
 * Yields the pieces of `stream` as they come. Throws UnavailableError where it ends or breaks before all announced bytes
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
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      received += piece.length;
      waited += clock.monotonic() - at;
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
