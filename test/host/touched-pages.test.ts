import { statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mappedFiles, runsOfPages, touchedPages } from '../../src/host/touched-pages.ts';

it('finds the mappings of files on a disk, and no others', () => {
  const maps = `00400000-00500000 r-xp 00001000 fe:00 2883 /opt/bootstrap-agent/bin/node
7f0000000000-7f0000002000 rw-p 00000000 00:00 0
7f0000003000-7f0000004000 r--s 00000000 00:05 12 /dev/zero
7f0000005000-7f0000006000 r--p 00000000 00:19 9 /run/x
7f0000007000-7f0000008000 r--p 00000000 fe:00 77 /usr/lib/gone.so (deleted)
7f0000009000-7f000000a000 r--p 00000000 fe:00 78 /usr/lib/a name.so
7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0 [stack]
`;
  expect(mappedFiles(maps)).toEqual([
    { path: '/opt/bootstrap-agent/bin/node', start: 0x400000, end: 0x500000, offset: 0x1000 },
    { path: '/usr/lib/a name.so', start: 0x7f0000009000, end: 0x7f000000a000, offset: 0 },
  ]);
});

it('counts pages that are in memory or swapped out', () => {
  const word = (bit: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(1n << bit);
    return bytes;
  };
  const [present, swapped, other] = [word(63n), word(62n), word(55n)];
  expect(runsOfPages(Buffer.concat([other, present, swapped, other, present]))).toEqual([
    [1, 2],
    [4, 1],
  ]);
  expect(runsOfPages(Buffer.alloc(0))).toEqual([]);
});

it('shows of this process its program: some of it, and nothing beyond its end', () => {
  const own = touchedPages(process.pid).filter(({ path }) => path === process.execPath);
  const { size } = statSync(process.execPath);
  const bytes = own.reduce((sum, { length }) => sum + length, 0);
  expect(bytes).toBeGreaterThan(1 << 20);
  expect(bytes).toBeLessThan(size);
  for (const { offset, length } of own) expect(offset + length).toBeLessThan(size + 4096);
});
