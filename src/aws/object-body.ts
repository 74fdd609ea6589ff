/** The bytes of an object as they come from S3, with a broken connection made recognisable. */
import type { Readable } from 'node:stream';
import { UnavailableError } from '../errors.ts';
import { Failure } from './failure.ts';

export interface Announced {
  /** `s3://bucket/key`. */
  readonly what: string;
  /** Bytes that this answer announced. */
  readonly length: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Yields the pieces of `stream` as they come. Throws UnavailableError where it ends or breaks before all announced bytes
 * came, the signal's reason where that aborts. Leaving the loop early closes the connection.
 */
export async function* objectBody(
  stream: Readable,
  { what, length, signal }: Announced,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stop = () => void stream.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  let received = 0;
  try {
    signal?.throwIfAborted();
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      received += piece.length;
      yield piece;
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
  }
  signal?.throwIfAborted();
  if (received < length) {
    throw new UnavailableError(
      `s3:GetObject of ${what}: the answer ended after ${received} of ${length} bytes`,
    );
  }
}
