import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTree } from '../../../../src/host/tree-writer.ts';
import { TarReader } from '../../../../src/resources/artifact/archive/tar-reader.ts';
import { Unpacking } from '../../../../src/resources/artifact/archive/unpacking.ts';
import fc from '../../../random-examples.ts';
import { treeAt } from '../rig.ts';
import { Taken } from './taken.ts';
import { entryBytes, headerBytes, pax, type TarEntry, tarOf, withChecksum } from './tar-bytes.ts';

function read(archive: Buffer, cuts: readonly number[] = []): Taken {
  const taken = new Taken();
  const reader = new TarReader(taken);
  let from = 0;
  for (const cut of [...cuts, archive.length].sort((a, b) => a - b)) {
    // A copy that is overwritten afterwards: nothing of a piece may be kept.
    const piece = Buffer.from(archive.subarray(from, cut));
    reader.push(piece);
    piece.fill(0xff);
    from = cut;
  }
  reader.end();
  return taken;
}

const named = (taken: Taken) => taken.members.map(({ name }) => name);

describe('names', () => {
  it('joins the prefix of POSIX ustar, and leaves the same bytes of GNU archives alone', () => {
    expect(named(read(tarOf({ name: 'b', prefix: 'some/where' })))).toEqual(['some/where/b']);
    const gnu = headerBytes({ name: 'b', prefix: '12345' });
    gnu.write('ustar  \0', 257);
    const archive = Buffer.concat([withChecksum(gnu), Buffer.alloc(1024)]);
    expect(named(read(archive))).toEqual(['b']);
  });

  it('takes GNU long names and links for the next member only', () => {
    const long = `${'n'.repeat(300)}\0`;
    const taken = read(
      tarOf(
        { name: '././@LongLink', type: 'L', content: long },
        { name: '././@LongLink', type: 'K', content: 'target/of/link\0' },
        { name: 'cut', type: '2', link: 'cut' },
        { name: 'next', content: 'x' },
      ),
    );
    expect(taken.members[0]).toMatchObject({ name: 'n'.repeat(300), link: 'target/of/link' });
    expect(taken.members[1]).toMatchObject({ name: 'next', link: '', size: 1 });
  });

  it('takes path, linkpath, size and mtime from pax headers, the local before the global ones', () => {
    const taken = read(
      tarOf(
        pax({ mtime: '11.5', comment: 'made by nobody' }, 'g'),
        pax({ path: 'ünï', size: '3', mtime: '22' }),
        { name: 'short', content: 'abc', size: 0 } as TarEntry,
        pax({ linkpath: 'there' }),
        { name: 'link', type: '2' },
      ),
    );
    expect(taken.members[0]).toMatchObject({ name: 'ünï', size: 3, modified: 22 });
    expect(taken.contents[0]).toBe('abc');
    expect(taken.members[1]).toMatchObject({ name: 'link', link: 'there', modified: 11.5 });
  });

  it('refuses names that are not UTF-8', () => {
    const block = headerBytes({ name: 'x' });
    block.write('caf\xe9', 0, 'latin1');
    expect(() => read(Buffer.concat([withChecksum(block), Buffer.alloc(1024)]))).toThrow(
      /not UTF-8: "café"/,
    );
  });
});

describe('numbers', () => {
  it('reads base-256 sizes', () => {
    const block = headerBytes({ name: 'large' });
    block.fill(0, 124, 136);
    block[124] = 0x80;
    block.writeUInt32BE(5, 132);
    const archive = Buffer.concat([withChecksum(block), Buffer.from('hello'), Buffer.alloc(1531)]);
    expect(read(archive).contents).toEqual(['hello']);
  });

  it('refuses negative and unreadable sizes, and takes a time before 1970 as 1970', () => {
    const negative = headerBytes({ name: 'x' });
    negative.fill(0xff, 124, 136);
    expect(() => read(withChecksum(negative))).toThrow(/the size of a member is/);
    const letters = headerBytes({ name: 'x' });
    letters.write('12abc', 124);
    expect(() => read(withChecksum(letters))).toThrow(/the size of a member is "12abc/);
    const old = headerBytes({ name: 'x' });
    old.fill(0xff, 136, 148);
    const taken = read(Buffer.concat([withChecksum(old), Buffer.alloc(512)]));
    expect(taken.members[0]?.modified).toBe(0);
  });

  it('accepts a checksum of signed bytes', () => {
    const block = headerBytes({ name: 'é' });
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + (byte > 127 ? byte - 256 : byte), 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    expect(named(read(Buffer.concat([block, Buffer.alloc(512)])))).toEqual(['é']);
  });
});

describe('members', () => {
  it('knows the types, v7 directories by their slash, and volume labels as none', () => {
    const types = ['0', '\0', '7', '1', '2', '3', '4', '5', '6', 'S', 'Z', 'V'];
    const taken = read(
      tarOf(
        ...types.map((type) => ({ name: 'm', type, link: 'l' })),
        { name: 'dir/', type: '\0' },
        pax({ 'GNU.sparse.major': '1' }),
        { name: 's' },
      ),
    );
    expect(taken.members.map(({ type }) => type)).toEqual([
      ...['file', 'file', 'file', 'hardlink', 'symlink', 'character device', 'block device'],
      ...['directory', 'fifo', 'sparse file', 'unknown', 'directory', 'sparse file'],
    ]);
  });

  it('skips content that belongs to no file, but for hard links, which have none', () => {
    const taken = read(
      tarOf(
        { name: 'dir', type: '5', content: 'ignored' },
        { name: 'a', content: 'kept' },
        { name: 'b', type: '1', link: 'a', size: 4 },
        { name: 'c', content: 'also' },
      ),
    );
    expect(taken.contents).toEqual(['', 'kept', '', 'also']);
  });
});

describe('damage', () => {
  const archive = tarOf({ name: 'a', content: 'x'.repeat(700) }, { name: 'b', content: 'y' });

  it('is told at every length that the archive can be cut to', () => {
    // From the first zero block on, the archive is complete.
    const complete = archive.length - 1024 + 512;
    for (let length = 0; length < complete; length += 1) {
      expect(() => read(archive.subarray(0, length)), `${length}`).toThrow(/truncated tar archive/);
    }
    expect(named(read(archive.subarray(0, complete)))).toEqual(['a', 'b']);
  });

  it('is told by the checksum wherever a bit of a header flips', () => {
    for (let bit = 0; bit < 512 * 8; bit += 7) {
      // NUL and blank after the digits of the checksum itself say nothing.
      if (bit >> 3 === 154 || bit >> 3 === 155) continue;
      const damaged = Buffer.from(archive);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => read(damaged), `bit ${bit}`).toThrow(/not a tar archive, or a damaged one/);
    }
  });

  it('ignores what follows the end of the archive', () => {
    expect(named(read(Buffer.concat([archive, Buffer.from('garbage')])))).toEqual(['a', 'b']);
  });

  it('refuses damaged and oversized extended headers', () => {
    for (const content of [
      'x',
      '5 a=b',
      '99 a=b\n',
      '6 abcd\n',
      '0 a=b\n',
      '-1 a=b\n',
      '6 a\nb=',
    ]) {
      expect(() => read(tarOf({ name: 'p', type: 'x', content }, { name: 'a' })), content).toThrow(
        /extended header is not "length key=value"/,
      );
    }
    expect(() => read(tarOf(pax({ size: '1e400' }), { name: 'a' }))).toThrow(/size in an extended/);
    expect(() => read(headerBytes({ name: 'p', type: 'x', size: 1 << 21 }))).toThrow(
      /a header of 2097152 bytes/,
    );
  });
});

const name = fc.stringMatching(/^[a-zA-Zäöü 0-9_-]{1,40}$/).map((text) => `n${text.trim()}`);
const longName = fc.integer({ min: 100, max: 200 }).map((length) => 'l'.repeat(length));
const randomTree = fc.array(
  fc.record({
    path: fc
      .array(fc.oneof({ weight: 4, arbitrary: name }, longName), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('/')),
    what: fc.constantFrom('file', 'file', 'file', 'directory', 'symlink', 'hardlink'),
    size: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0, 511, 512, 513, 1024)),
  }),
  { maxLength: 12 },
);

describe('against the system tar', () => {
  it('unpacks whatever tar packed, in any format, whatever the pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomTree,
        fc.constantFrom('gnu', 'pax', 'ustar', 'v7', 'oldgnu'),
        fc.array(fc.nat({ max: 60_000 }), { maxLength: 40 }),
        async (entries, format, cuts) => {
          const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
          try {
            const from = join(folder, 'from');
            makeTree(from, entries);
            const packed = packedBy(format, from);
            if (packed === undefined) return;
            const into = join(folder, 'into');
            const tree = await openTree(into, () => undefined);
            const unpacking = new Unpacking(tree, { strip: 0, limits: { bytes: 1e6, files: 100 } });
            const reader = new TarReader(unpacking);
            let at = 0;
            for (const cut of [...cuts, packed.length].sort((a, b) => a - b)) {
              reader.push(packed.subarray(at, cut));
              at = Math.max(at, cut);
            }
            reader.end();
            await unpacking.finish({});
            expect(treeAt(into)).toEqual(treeAt(from));
          } finally {
            rmSync(folder, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the same members for any split into pieces', () => {
    const archive = tarOf(
      { name: 'd', type: '5' },
      pax({ path: `d/${'p'.repeat(120)}` }),
      { name: 'x', content: 'a'.repeat(1300) },
      { name: 'd/l', type: '2', link: 'x' },
      { name: 'd/e', content: '' },
    );
    const whole = read(archive);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: archive.length }), { maxLength: 50 }), (cuts) => {
        const split = read(archive, cuts);
        expect(split.members).toEqual(whole.members);
        expect(split.contents).toEqual(whole.contents);
      }),
    );
    const everyByte = Array.from({ length: archive.length }, (_, at) => at);
    expect(read(archive, everyByte)).toEqual(whole);
  });
});

function makeTree(
  root: string,
  entries: readonly { path: string; what: string; size: number }[],
): void {
  mkdirSync(root);
  let lastFile: string | undefined;
  for (const { path, what, size } of entries) {
    const real = join(root, path);
    try {
      mkdirSync(what === 'directory' ? real : dirname(real), { recursive: true });
      if (what === 'file') writeFileSync(real, 'c'.repeat(size), { flag: 'wx' });
      if (what === 'symlink') symlinkSync('./somewhere', real);
      if (what === 'hardlink' && lastFile !== undefined) linkSync(lastFile, real);
      if (what === 'file') lastFile = real;
    } catch (error) {
      // Two random paths were in each other's way.
      if (!['EEXIST', 'ENOTDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw error;
      }
    }
  }
}

/** Undefined where the format cannot hold these names. */
function packedBy(format: string, from: string): Buffer | undefined {
  const args = [`--format=${format}`, '-cf', '-', '-C', from, '.'];
  try {
    return execFileSync('tar', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    if (['ustar', 'v7'].includes(format)) return undefined;
    throw error;
  }
}

it('keeps modification times, so that nodes of one release agree on them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-test-'));
  try {
    const tree = await openTree(join(folder, 'into'), () => undefined);
    const unpacking = new Unpacking(tree, { strip: 0, limits: { bytes: 1e6, files: 100 } });
    const reader = new TarReader(unpacking);
    reader.push(
      Buffer.concat([entryBytes({ name: 'a', modified: 1_600_000_000 }), Buffer.alloc(512)]),
    );
    await unpacking.finish({});
    const { statSync } = await import('node:fs');
    expect(statSync(join(folder, 'into/a')).mtime.getTime()).toBe(1_600_000_000_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
