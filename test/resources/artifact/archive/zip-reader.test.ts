import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { ConfigError } from '../../../../src/errors.ts';
import { rootedFiles } from '../../../../src/host/files.ts';
import { recordedOwnership } from '../../../../src/host/ownership.ts';
import { readZip } from '../../../../src/resources/artifact/archive/zip-reader.ts';
import fc from '../../../random-examples.ts';
import { noise } from '../rig.ts';
import { Taken } from './taken.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(bytes: Buffer, signal = new AbortController().signal): Promise<Taken> {
  const root = join(folder, 'root');
  const files = rootedFiles(root, { ownership: recordedOwnership(root) });
  await files.write('/zip', bytes);
  const taken = new Taken();
  await readZip(files, '/zip', bytes.length, taken, signal);
  return taken;
}

function zipOf(fill: (zip: yazl.ZipFile) => void, forceZip64Format = false): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  fill(zip);
  zip.end({ forceZip64Format, comment: '' });
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    zip.outputStream.on('data', (piece: Buffer) => pieces.push(piece));
    zip.outputStream.on('end', () => resolve(Buffer.concat(pieces)));
  });
}

/** Changes 16 bits at `offset` of the first central directory header. */
function patched(bytes: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16LE(value, copy.indexOf('PK\u0001\u0002', 0, 'latin1') + offset);
  return copy;
}

it('gives members with type, mode, time and content', async () => {
  const mtime = new Date('2024-05-06T07:08:10Z');
  const bytes = await zipOf((zip) => {
    zip.addEmptyDirectory('dir/', { mtime });
    zip.addBuffer(Buffer.from('run me'), 'dir/run', { mode: 0o100755, mtime });
    zip.addBuffer(Buffer.from('dir/run'), 'link', { mode: 0o120777, mtime });
    zip.addBuffer(Buffer.from('suid'), 'suid', { mode: 0o104755, mtime });
    zip.addBuffer(Buffer.from(''), 'fifo', { mode: 0o010644, mtime });
    zip.addBuffer(Buffer.from('ü'), 'ümlaut', { mode: 0o100600, mtime, compress: false });
  });
  const taken = await read(bytes);
  expect(taken.members.map(({ name, type, mode, link }) => [name, type, mode, link])).toEqual([
    ['dir/', 'directory', 0o775, ''],
    ['dir/run', 'file', 0o755, ''],
    ['link', 'symlink', 0o777, 'dir/run'],
    ['suid', 'file', 0o4755, ''],
    ['fifo', 'fifo', 0o644, ''],
    ['ümlaut', 'file', 0o600, ''],
  ]);
  expect(taken.contents[1]).toBe('run me');
  expect(taken.members[1]).toMatchObject({ size: 6, modified: mtime.getTime() / 1000 });
});

it('gives the usual modes where the archive has none', async () => {
  const bytes = await zipOf((zip) => zip.addBuffer(Buffer.from('x'), 'a'));
  // Made by MS-DOS: the attributes are not those of Unix.
  expect((await read(patched(bytes, 4, 20))).members[0]).toMatchObject({
    type: 'file',
    mode: 0o644,
  });
});

it('does not judge names itself: that is for the policy of all archives', async () => {
  const bytes = await zipOf((zip) => zip.addBuffer(Buffer.from('x'), 'aa/evil'));
  const evil = Buffer.from(bytes.toString('latin1').replaceAll('aa/evil', '../evil'), 'latin1');
  expect((await read(evil)).members[0]?.name).toBe('../evil');
});

it('reads members of any size, deflated and stored, also by zip64', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          size: fc.oneof(fc.nat({ max: 5000 }), fc.constantFrom(0, 900_000, 2_500_000)),
          compress: fc.boolean(),
        }),
        { maxLength: 5 },
      ),
      fc.boolean(),
      async (members, forceZip64Format) => {
        const contents = members.map(({ size }, at) => noise(size, at + 1));
        const bytes = await zipOf(
          (zip) =>
            members.forEach(({ compress }, at) => {
              zip.addBuffer(contents[at] ?? Buffer.alloc(0), `m${at}`, {
                compress,
                forceZip64Format,
              });
            }),
          forceZip64Format,
        );
        const taken = await read(bytes);
        expect(taken.members.map(({ size }) => size)).toEqual(members.map(({ size }) => size));
        for (const [at, content] of contents.entries()) {
          expect(taken.contents[at] === content.toString('latin1'), `m${at}`).toBe(true);
        }
      },
    ),
    { numRuns: 15 },
  );
});

describe('refused', () => {
  const plain = () => zipOf((zip) => zip.addBuffer(Buffer.from('hello hello hello'), 'a'));
  const large = () => zipOf((zip) => zip.addBuffer(noise(2_000_000), 'large'));

  it('what is no zip file, or one cut off', async () => {
    await expect(read(noise(1000))).rejects.toThrow(ConfigError);
    await expect(read(noise(1000))).rejects.toThrow(/^damaged zip archive: End of central/);
    await expect(read((await plain()).subarray(0, -10))).rejects.toThrow(ConfigError);
    await expect(read((await plain()).subarray(50))).rejects.toThrow(ConfigError);
  });

  it('an encrypted member', async () => {
    await expect(read(patched(await plain(), 8, 0x801))).rejects.toThrow(
      'cannot unpack archive member "a": it is encrypted',
    );
  });

  it('a compression method that is not known', async () => {
    await expect(read(patched(await plain(), 10, 93))).rejects.toThrow(
      'its compression method is 93',
    );
    await expect(read(patched(await large(), 10, 93))).rejects.toThrow(ConfigError);
  });

  it('a checksum that is not that of the content', async () => {
    await expect(read(patched(await plain(), 16, 1))).rejects.toThrow(/not what the directory/);
    await expect(read(patched(await large(), 16, 1))).rejects.toThrow(/not what the directory/);
  });

  it('a size that is not that of the content, smaller or larger', async () => {
    for (const size of [5, 5000]) {
      await expect(read(patched(await plain(), 24, size)), `${size}`).rejects.toThrow(ConfigError);
      await expect(read(patched(await large(), 24, size)), `${size}`).rejects.toThrow(ConfigError);
    }
  });

  it('damaged content', async () => {
    for (const pack of [plain, large]) {
      const bytes = await pack();
      bytes.fill(0xff, 40, 60);
      await expect(read(bytes)).rejects.toThrow(ConfigError);
    }
  });

  it('an endless link target', async () => {
    const bytes = await zipOf((zip) => zip.addBuffer(noise(5000), 'l', { mode: 0o120777 }));
    await expect(read(bytes)).rejects.toThrow('its link target is too long');
  });
});

it('leaves errors of the file system as they are, and stops with the signal', async () => {
  const bytes = await zipOf((zip) => zip.addBuffer(Buffer.from('x'), 'a'));
  await expect(read(bytes, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  const root = join(folder, 'root');
  const files = rootedFiles(root, { ownership: recordedOwnership(root) });
  const gone = readZip(files, '/gone', 100, new Taken(), new AbortController().signal);
  await expect(gone).rejects.toMatchObject({ name: 'StepError' });
});

it('holds up against any damage: it is read, or refused in words', async () => {
  const bytes = await zipOf((zip) => {
    zip.addBuffer(Buffer.from('content content content'), 'a');
    zip.addBuffer(Buffer.from('b'), 'b', { mode: 0o120777 });
  });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = byte;
      try {
        await read(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 150 },
  );
});
