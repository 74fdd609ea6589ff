/**
 * A disk as slow as a volume of EBS: one file, served by FUSE, below a loop device. A process of its own:
 * `slow-disk.ts <image> <file to mount on> <milliseconds a read> <MB/s>`; says `ready` once it is mounted, and on SIGUSR2 what
 * was read since the last time, as JSON. Reads wait side by side and share the bandwidth, as those of a volume do.
 *
 * Of the protocol (linux/fuse.h) it speaks what a loop device asks for: the mount is a single regular file.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, read, readSync, writeSync } from 'node:fs';

const [image = '', at = '', latency = '', bandwidth = ''] = process.argv.slice(2);
const latencyMs = Number(latency);
const bytesPerMs = (Number(bandwidth) * 1e6) / 1000;

const opcode = {
  getattr: 3,
  open: 14,
  read: 15,
  init: 26,
  forget: 2,
  interrupt: 36,
  batchForget: 42,
};
const unanswered = new Set([opcode.forget, opcode.interrupt, opcode.batchForget]);
const headerBytes = 40;
const replyHeaderBytes = 16;
const noSuchCall = -38;

const disk = openSync(image, 'r');
const { size } = fstatSync(disk);
const fuse = openSync('/dev/fuse', 'r+');
const options = `fd=3,rootmode=100400,user_id=0,group_id=0,ro`;
const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'slow-disk', at], {
  stdio: ['ignore', 'ignore', 'inherit', fuse],
});
if (mounted.status !== 0) process.exit(1);
closeSync(0);

let reads = 0;
let bytes = 0;
process.on('SIGUSR2', () => {
  writeSync(1, `${JSON.stringify({ reads, bytes })}\n`);
  reads = 0;
  bytes = 0;
});

/** When the last of the reads so far has left the volume. */
let busyUntil = 0;
const request = Buffer.alloc(1 << 20);
next();
writeSync(1, 'ready\n');

function next(): void {
  read(fuse, request, 0, request.length, null, (error) => {
    // ENODEV: unmounted.
    if (error?.code === 'ENODEV') process.exit(0);
    if (error === null) answer();
    next();
  });
}

function answer(): void {
  const code = request.readUInt32LE(4);
  const unique = request.readBigUInt64LE(8);
  if (code === opcode.read) answerRead(unique);
  else if (code === opcode.init) reply(unique, initiated());
  else if (code === opcode.getattr) reply(unique, attributes());
  else if (code === opcode.open) reply(unique, Buffer.alloc(16));
  else if (!unanswered.has(code)) reply(unique, Buffer.alloc(0), noSuchCall);
}

function answerRead(unique: bigint): void {
  const offset = Number(request.readBigUInt64LE(headerBytes + 8));
  const length = request.readUInt32LE(headerBytes + 16);
  const data = Buffer.allocUnsafe(length);
  const got = readSync(disk, data, 0, length, offset);
  reads += 1;
  bytes += got;
  const now = performance.now();
  busyUntil = Math.max(now, busyUntil) + got / bytesPerMs;
  setTimeout(() => reply(unique, data.subarray(0, got)), busyUntil - now + latencyMs);
}

/** struct fuse_init_out: reads side by side, a megabyte each at the most. */
function initiated(): Buffer {
  const out = Buffer.alloc(64);
  const [asyncRead, asyncDirect, maxPages] = [1 << 0, 1 << 15, 1 << 22];
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(128 * 1024, 8);
  out.writeUInt32LE(asyncRead | asyncDirect | maxPages, 12);
  out.writeUInt16LE(1024, 16);
  out.writeUInt16LE(1024, 18);
  out.writeUInt32LE(128 * 1024, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(256, 28);
  return out;
}

/** struct fuse_attr_out, valid for an hour. */
function attributes(): Buffer {
  const out = Buffer.alloc(16 + 88);
  out.writeBigUInt64LE(3600n, 0);
  out.writeBigUInt64LE(1n, 16);
  out.writeBigUInt64LE(BigInt(size), 16 + 8);
  out.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), 16 + 16);
  out.writeUInt32LE(0o100400, 16 + 60);
  out.writeUInt32LE(1, 16 + 64);
  out.writeUInt32LE(4096, 16 + 80);
  return out;
}

function reply(unique: bigint, body: Buffer, error = 0): void {
  const head = Buffer.alloc(replyHeaderBytes);
  head.writeUInt32LE(replyHeaderBytes + body.length, 0);
  head.writeInt32LE(error, 4);
  head.writeBigUInt64LE(unique, 8);
  // One write for each answer.
  writeSync(fuse, Buffer.concat([head, body]));
}
