import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ThreadedHands } from '../../src/host/threaded-hands.ts';
import { openTree } from '../../src/host/tree-writer.ts';
import { treeAt } from '../resources/artifact/rig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'threaded-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes a tree in a thread of its own', async () => {
  const hands = new ThreadedHands(folder, true);
  hands.makeDirectory('a', 0o750);
  hands.openFile('a/b', 0o755);
  hands.write(Buffer.alloc(3 << 20, 'x'));
  hands.closeFile(1_600_000_000);
  hands.symlink('c', 'a/b');
  hands.hardlink('d', 'a/b');
  await hands.finish();
  expect(readFileSync(join(folder, 'd')).equals(Buffer.alloc(3 << 20, 'x'))).toBe(true);
  expect(statSync(join(folder, 'a')).mode & 0o7777).toBe(0o750);
  const { mode, mtimeMs, nlink } = statSync(join(folder, 'c'));
  expect([mode & 0o7777, mtimeMs, nlink]).toEqual([0o755, 1_600_000_000_000, 2]);
});

it('tells at the end what the file system refused', async () => {
  writeFileSync(join(folder, 'a'), '');
  const hands = new ThreadedHands(folder, true);
  hands.openFile('a/b', 0o644);
  hands.closeFile(undefined);
  await expect(hands.finish()).rejects.toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
});

it('is done with the disk when it was stopped', async () => {
  const hands = new ThreadedHands(folder, true);
  hands.openFile('a', 0o644);
  hands.write(Buffer.alloc(1 << 20));
  hands.stop();
  await hands.finish();
  rmSync(folder, { recursive: true });
});

it('takes over a large tree in the middle, which is the same as one that it did not touch', async () => {
  const trees = [];
  for (const thread of [1, Number.POSITIVE_INFINITY]) {
    const root = join(folder, `tree-${thread}`);
    const tree = await openTree(root, () => undefined, { thread });
    for (let n = 0; n < 40; n += 1) {
      tree.file(
        `part-${n % 7}/file-${n}`,
        n % 2 === 0 ? 0o644 : 0o755,
        1000 * n,
        1_600_000_000 + n,
      );
      tree.write(Buffer.alloc(1000 * n, `${n}`));
      // The thread needs some time to be there; it takes over between two files.
      if (thread === 1) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    tree.file('part-1/file-1', 0o600, 3);
    tree.write(Buffer.from('new'));
    tree.symlink('part-2/link', 'file-2');
    await tree.finish();
    trees.push([treeAt(root), statSync(join(root, 'part-1/file-8')).mtimeMs]);
  }
  expect(trees[0]).toEqual(trees[1]);
  expect(trees[0]?.[0]).toMatchObject({ 'part-1/file-1': 'new', 'part-2/link': '-> file-2' });
});
