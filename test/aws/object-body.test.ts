import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { objectBody, type Received } from '../../src/aws/object-body.ts';
import { UnavailableError } from '../../src/errors.ts';

let told: Received[];
const bodyOf = (stream: Readable, length: number, signal?: AbortSignal) => {
  told = [];
  return objectBody(stream, {
    what: 's3://b/k',
    length,
    signal,
    clock: { monotonic: () => 0 },
    ended: (received) => told.push(received),
  });
};
/** A piece with memory of its own, as a socket's. */
const piece = (byte: number, size = 64 << 10) => Buffer.alloc(size, byte);

describe('objectBody', () => {
  it('gives all bytes in order, each piece whole until the next is asked for', async () => {
    const sizes = [1, 64 << 10, 100, 16 << 10, 3000, 1 << 20, 5];
    const stream = Readable.from(
      sizes.map((size, n) => piece(n, size)),
      { objectMode: true },
    );
    const seen: number[] = [];
    for await (const bytes of bodyOf(
      stream,
      sizes.reduce((a, b) => a + b),
    )) {
      const n = seen.push(bytes.length) - 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(bytes.every((byte) => byte === n)).toBe(true);
    }
    expect(seen).toEqual(sizes);
    expect(told).toMatchObject([{ bytes: sizes.reduce((a, b) => a + b) }]);
  });

  it('leaves memory alone that it shares with others', async () => {
    const shared = Buffer.alloc(64 << 10, 7);
    const others = shared.subarray(0, 32 << 10);
    const stream = Readable.from([shared.subarray(32 << 10), piece(1), piece(2)]);
    for await (const _ of bodyOf(stream, (32 << 10) + (128 << 10)));
    expect(others.length).toBe(32 << 10);
    expect(others.every((byte) => byte === 7)).toBe(true);
  });

  it('takes pieces of one memory one after the other', async () => {
    const memory = Buffer.alloc(96 << 10, 3);
    const stream = Readable.from([
      memory.subarray(0, 60 << 10),
      memory.subarray(60 << 10),
      piece(3),
    ]);
    let sum = 0;
    for await (const bytes of bodyOf(stream, (96 << 10) + (64 << 10))) sum += bytes[0] ?? 0;
    expect(sum).toBe(9);
  });

  it('has a stream wait that is faster than its reader, and goes on with it', async () => {
    const stream = new PassThrough({ highWaterMark: 64 << 10 });
    const body = bodyOf(stream, 200 * (64 << 10));
    let given = 0;
    const feed = (async () => {
      for (; given < 200; given += 1) {
        if (!stream.write(piece(given % 256))) {
          await new Promise((resolve) => stream.once('drain', resolve));
        }
      }
      stream.end();
    })();
    await body.next();
    for (let turn = 0; turn < 1000; turn += 1) await new Promise(setImmediate);
    // A MiB waits here, and what the stream itself holds.
    expect(given).toBeLessThan(25);
    let received = 64 << 10;
    for await (const bytes of body) received += bytes.length;
    await feed;
    expect(received).toBe(200 * (64 << 10));
  });

  it('gives what came before a connection broke, then says so', async () => {
    const stream = new PassThrough();
    stream.write(piece(1, 10));
    setImmediate(() => stream.destroy(Object.assign(new Error('cut'), { code: 'ECONNRESET' })));
    let received = 0;
    const read = async () => {
      for await (const bytes of bodyOf(stream, 20)) received += bytes.length;
    };
    await expect(read()).rejects.toThrow(
      new UnavailableError(
        's3:GetObject of s3://b/k: the connection broke after 10 of 20 bytes (ECONNRESET)',
      ),
    );
    expect(received).toBe(10);
    expect(told).toMatchObject([{ bytes: 10 }]);
  });

  it('throws the reason of the signal, and closes the stream', async () => {
    const stream = new PassThrough();
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error('enough')));
    await expect(bodyOf(stream, 20, stop.signal).next()).rejects.toThrow('enough');
    expect(stream.destroyed).toBe(true);
  });

  it('closes the stream when its reader leaves', async () => {
    const stream = Readable.from([piece(1), piece(2)]);
    for await (const _ of bodyOf(stream, 128 << 10)) break;
    expect(stream.destroyed).toBe(true);
    expect(told).toMatchObject([{ bytes: 64 << 10 }]);
  });
});
