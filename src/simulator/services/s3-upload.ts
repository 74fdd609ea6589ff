/** The bytes of an upload to the simulated S3, out of aws-chunked framing where the SDK used it, and checked. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { header, type SimulatedRequest } from './request.ts';
import { ServiceError } from './service.ts';

/** Throws BadDigest where a checksum sent along does not fit the bytes. */
export function uploadedBytes(request: SimulatedRequest): Buffer {
  const chunked = header(request.headers, 'content-encoding')?.includes('aws-chunked') ?? false;
  const { bytes, trailer } = chunked
    ? unframed(request.body)
    : { bytes: request.body, trailer: new Map<string, string>() };
  const claimed = (name: string) => trailer.get(name) ?? header(request.headers, name);
  const checks: readonly [string, () => string][] = [
    ['x-amz-checksum-crc32', () => crc32Base64(bytes)],
    ['x-amz-checksum-sha256', () => createHash('sha256').update(bytes).digest('base64')],
    ['content-md5', () => createHash('md5').update(bytes).digest('base64')],
  ];
  for (const [name, compute] of checks) {
    const value = claimed(name);
    if (value === undefined || value === compute()) continue;
    throw new ServiceError(
      400,
      'BadDigest',
      `The ${name} you specified did not match the received data.`,
    );
  }
  return bytes;
}

/** aws-chunked: `<size in hex>[;chunk-signature=...]` CRLF data CRLF, a chunk of size 0, then trailing headers (S3 API reference, sigv4-streaming). */
function unframed(body: Buffer): { bytes: Buffer; trailer: Map<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (lineEnd === -1 || Number.isNaN(size)) {
      throw new ServiceError(400, 'IncompleteBody', 'The aws-chunked body ends early.');
    }
    at = lineEnd + 2;
    if (size === 0) break;
    chunks.push(body.subarray(at, at + size));
    at += size + 2;
  }
  const trailer = new Map<string, string>();
  for (const line of body.toString('latin1', at).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailer.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { bytes: Buffer.concat(chunks), trailer };
}

function crc32Base64(bytes: Buffer): string {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(crc32(bytes));
  return out.toString('base64');
}
