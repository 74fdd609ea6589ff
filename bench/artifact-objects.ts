/** The objects of the artifact bench: archives of made-up releases, and bytes that are nowhere stored. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One connection to S3 brings about 90 MB/s, after some 25 ms (AWS's guidance on S3 performance tells 85 to 90 MB/s). */
export const firstByteMs = 25;
export const megabytesPerSecond = 90;

export interface Archive {
  /** Its key, and the file's name. */
  readonly name: string;
  readonly what: string;
  readonly format: 'tar.gz' | 'tar.zst';
  /** What tells GNU tar of the compression. */
  readonly flag: string;
  readonly sha256: string;
}

export interface TreeShape {
  readonly name: string;
  readonly what: string;
  readonly files: number;
  /** Bytes of the file with this number, by a source of numbers below the one given. */
  readonly bytesOf: (n: number, random: (below: number) => number) => number;
}

/** As a release of a web shop might be: many small text files, some libraries that hardly compress. */
export function release(copies: number): TreeShape {
  return {
    name: `release-${copies}`,
    what: `${copies * 60} MB`,
    files: 2400 * copies,
    bytesOf: (n, random) => (n % 40 === 0 ? 400_000 : 2_000 + random(30_000)),
  };
}

export const manyFiles: TreeShape = {
  name: 'many',
  what: '50,000 files',
  files: 50_000,
  bytesOf: (_n, random) => 200 + random(1800),
};

/** Packs a tree of this shape below `folder`, once for each format. */
export async function packed(
  folder: string,
  shape: TreeShape,
  formats: readonly Archive['format'][],
): Promise<Archive[]> {
  const tree = join(folder, 'tree');
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const words = Array.from({ length: 4000 }, () => `w${random(1 << 30).toString(36)}`);
  for (let n = 0; n < shape.files; n += 1) {
    const into = join(tree, `module-${n % 60}`, `part-${n % 7}`);
    mkdirSync(into, { recursive: true });
    const size = shape.bytesOf(n, random);
    const text = Array.from({ length: Math.ceil(size / 7) }, () => words[random(words.length)]);
    writeFileSync(join(into, `file-${n}.txt`), text.join(' ').slice(0, size));
  }
  const archives: Archive[] = [];
  for (const format of formats) {
    const flag = format === 'tar.gz' ? '--gzip' : '--zstd';
    const name = `${shape.name}.${format}`;
    execFileSync('tar', ['-c', flag, '-f', join(folder, name), '-C', tree, '.']);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(join(folder, name))) hash.update(piece as Buffer);
    archives.push({ name, what: shape.what, format, flag, sha256: hash.digest('hex') });
  }
  rmSync(tree, { recursive: true });
  return archives;
}

/** What an object that is nowhere stored repeats: bytes that hardly compress. */
export function syntheticBlock(): Buffer {
  const block = Buffer.alloc(1 << 20);
  for (let at = 0; at < block.length; at += 32) {
    createHash('sha256').update(String(at)).digest().copy(block, at);
  }
  return block;
}

/** sha256 of such an object of `size` bytes, hexadecimal. */
export function syntheticDigest(size: number): string {
  const block = syntheticBlock();
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += block.length) hash.update(block.subarray(0, size - at));
  return hash.digest('hex');
}
