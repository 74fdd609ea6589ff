/**
 * The loopback server of the artifact bench, in a process of its own so that its cost is nobody's: it answers GetObject as S3 does, with
 * ranges. Below `/capped/` each connection waits for its first byte and is limited as one to S3 is. The key `synthetic-N` is an object of N
 * bytes that is nowhere stored. Argument: the folder that holds the objects.
 */
import { createReadStream, statSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { firstByteMs, megabytesPerSecond, syntheticBlock } from './artifact-objects.ts';

const folder = process.argv[2] ?? '.';
const server = http.createServer((request, answer) => {
  const url = new URL(request.url ?? '/', 'http://bench');
  const capped = url.pathname.startsWith('/capped/');
  const file = join(folder, basename(url.pathname));
  const synthetic = /^synthetic-(\d+)$/.exec(basename(url.pathname))?.[1];
  const size = synthetic === undefined ? statSync(file).size : Number(synthetic);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(range?.[1] ?? 0);
  const last = Math.min(size, range?.[2] ? Number(range[2]) + 1 : size) - 1;
  const content =
    synthetic === undefined
      ? createReadStream(file, { start: from, end: last, highWaterMark: 1 << 20 })
      : Readable.from(synthesised(from, last + 1), { objectMode: false, highWaterMark: 1 << 20 });
  const send = () => {
    answer.writeHead(range === null ? 200 : 206, {
      etag: '"bench"',
      'content-length': last + 1 - from,
      ...(range && { 'content-range': `bytes ${from}-${last}/${size}` }),
    });
    // A client that goes away ends the answer; that is no fault of the server.
    const way = capped ? [content, paced(), answer] : [content, answer];
    void pipeline(way as [Readable, http.ServerResponse]).catch(() => undefined);
  };
  if (capped) setTimeout(send, firstByteMs);
  else send();
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

/** Lets so many bytes a second through, counted from the first. */
function paced(): Transform {
  const begun = performance.now();
  let passed = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      passed += piece.length;
      const due = begun + passed / (megabytesPerSecond * 1000);
      setTimeout(() => done(null, piece), Math.max(0, due - performance.now()));
    },
  });
}

function* synthesised(from: number, to: number): Generator<Buffer> {
  const block = syntheticBlock();
  for (let at = from; at < to; ) {
    const start = at % block.length;
    const piece = block.subarray(start, Math.min(block.length, start + to - at));
    yield piece;
    at += piece.length;
  }
}
