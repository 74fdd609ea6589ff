/** Archives that a scenario's S3 holds, packed from readable files: the same bytes at every run. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';

export type ArchiveFormat = 'zip' | 'tar' | 'tar.gz' | 'tar.zst';

/** All files below `folder`, packed; times are fixed so that the digest depends on the files alone. */
export async function archiveOf(folder: string, format: ArchiveFormat): Promise<Buffer> {
  const members = membersOf(folder);
  if (format === 'zip') return zip(members);
  const tar = await tarOf(members);
  if (format === 'tar.gz') return gzipSync(tar);
  return format === 'tar.zst' ? zstdCompressSync(tar) : tar;
}

interface Member {
  readonly name: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

const epoch = new Date('2026-01-01T00:00:00Z');

function membersOf(folder: string): Member[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({
      name: relative(folder, path),
      mode: statSync(path).mode & 0o111 ? 0o755 : 0o644,
      bytes: readFileSync(path),
    }));
}

function zip(members: readonly Member[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const { name, mode, bytes } of members) {
    file.addBuffer(bytes, name, { mtime: epoch, mode: 0o100000 | mode, forceDosTimestamp: true });
  }
  file.end();
  return collect(file.outputStream);
}

function tarOf(members: readonly Member[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, mode, bytes } of members) tar.entry({ name, mode, mtime: epoch }, bytes);
  tar.finalize();
  return collect(tar);
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
