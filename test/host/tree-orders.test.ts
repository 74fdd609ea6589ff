import { expect, it } from 'vitest';
import type { TreeHands } from '../../src/host/tree-hands.ts';
import { carryOut, OrderWriter, sharedOrders } from '../../src/host/tree-orders.ts';

const soon = 10;

/** Hands that note what they were told; `refuse` is the name of a call that fails. */
function noting(refuse?: keyof TreeHands): { hands: TreeHands; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const note =
    (name: keyof TreeHands) =>
    (...words: unknown[]) => {
      calls.push([name, ...words.map((word) => (Buffer.isBuffer(word) ? word.toString() : word))]);
      if (name === refuse)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
  const hands = {
    makeDirectory: note('makeDirectory'),
    changeMode: note('changeMode'),
    openFile: note('openFile'),
    write: note('write'),
    closeFile: note('closeFile'),
    symlink: note('symlink'),
    hardlink: note('hardlink'),
  };
  return { hands, calls };
}

it('has each call made as it was ordered', () => {
  const memory = sharedOrders();
  const writer = new OrderWriter(memory, soon);
  writer.makeDirectory('a', 0o755);
  writer.changeMode('a', 0o700);
  writer.openFile('a/ü', 0o640);
  writer.write(Buffer.from('content'));
  writer.closeFile(1_600_000_000.5);
  writer.openFile('b', 0o600);
  writer.closeFile(undefined);
  writer.symlink('c', '../a/ü');
  writer.hardlink('d', 'b');
  writer.end();
  expect(writer.ended).toBe(false);
  const { hands, calls } = noting();
  carryOut(memory, hands);
  writer.check();
  expect(writer.ended).toBe(true);
  expect(calls).toEqual([
    ['makeDirectory', 'a', 0o755],
    ['changeMode', 'a', 0o700],
    ['openFile', 'a/ü', 0o640],
    ['write', 'content'],
    ['closeFile', 1_600_000_000.5],
    ['openFile', 'b', 0o600],
    ['closeFile', undefined],
    ['symlink', 'c', '../a/ü'],
    ['hardlink', 'd', 'b'],
    ['closeFile', undefined],
  ]);
});

it('brings the bytes of a large file in order, over several batches', () => {
  const memory = sharedOrders();
  const writer = new OrderWriter(memory, soon);
  const bytes = Buffer.alloc(1_800_000);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(at, at);
  writer.openFile('large', 0o644);
  writer.write(bytes);
  writer.end();
  const pieces: Buffer[] = [];
  const { hands } = noting();
  carryOut(memory, { ...hands, write: (piece) => pieces.push(Buffer.from(piece)) });
  expect(pieces.length).toBeGreaterThan(3);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});

it('tells the first call that failed, with its code, and makes none after it', () => {
  const memory = sharedOrders();
  const writer = new OrderWriter(memory, soon);
  writer.openFile('a', 0o644);
  writer.write(Buffer.from('content'));
  writer.symlink('b', 'a');
  writer.end();
  const { hands, calls } = noting('write');
  carryOut(memory, hands);
  expect(() => writer.check()).toThrow(
    expect.objectContaining({ message: 'ENOSPC: no space left on device', code: 'ENOSPC' }),
  );
  // The file that was open is closed whatever happened.
  expect(calls.map(([name]) => name)).toEqual(['openFile', 'write', 'closeFile']);
});

it('leaves out what it did not come to when it is stopped', () => {
  const memory = sharedOrders();
  const writer = new OrderWriter(memory, soon);
  writer.openFile('a', 0o644);
  writer.stop();
  const { hands, calls } = noting();
  carryOut(memory, hands);
  expect(calls).toEqual([['closeFile', undefined]]);
  expect(writer.ended).toBe(true);
});

it('gives up a reader that takes nothing', () => {
  const writer = new OrderWriter(sharedOrders(), soon);
  writer.openFile('a', 0o644);
  expect(() => writer.write(Buffer.alloc(16 << 20))).toThrow(
    expect.objectContaining({ code: 'EIO', message: expect.stringContaining('took nothing') }),
  );
});

it('refuses a path that no batch could hold', () => {
  const writer = new OrderWriter(sharedOrders(), soon);
  expect(() => writer.makeDirectory('x'.repeat(300_000), 0o755)).toThrow(/ENAMETOOLONG/);
});
