import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { blocks } from '../../src/host/blocks.ts';
import fc from '../random-examples.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blocks-test-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(options: { from?: number; blockSize?: number }): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const block of blocks(path, options)) pieces.push(Buffer.from(block));
  return Buffer.concat(pieces);
}

it('gives the bytes from any position on, in blocks of any size', async () => {
  const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => at % 251));
  writeFileSync(path, bytes);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 3100 }),
      fc.integer({ min: 1, max: 4000 }),
      async (from, blockSize) => {
        expect((await read({ from, blockSize })).equals(bytes.subarray(from))).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

it('leaves a block as it is while the next is being read', async () => {
  writeFileSync(path, Buffer.concat([1, 2, 3, 4].map((byte) => Buffer.alloc(100, byte))));
  let expected = 0;
  for await (const block of blocks(path, { blockSize: 100 })) {
    expected += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(block.equals(Buffer.alloc(100, expected))).toBe(true);
  }
  expect(expected).toBe(4);
});

it('closes the file when the reader stops before the end', async () => {
  writeFileSync(path, Buffer.alloc(1000));
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let n = 0; n < 10; n += 1) {
    for await (const block of blocks(path, { blockSize: 10 })) {
      expect(block).toHaveLength(10);
      break;
    }
  }
  expect(open()).toBeLessThan(before + 10);
});

it('throws the error of the file system where there is no file', async () => {
  await expect(read({})).rejects.toThrow(/ENOENT/);
  path = folder;
  await expect(read({})).rejects.toThrow(/EISDIR/);
});
