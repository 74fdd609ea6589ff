import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Ownership, TreeWriter } from '../../src/host/host.ts';
import { openTree } from '../../src/host/tree-writer.ts';
import { treeAt } from '../resources/artifact/rig.ts';

let folder: string;
let root: string;
let given: { path: string; ownership: Ownership; kind: string }[];
const open = (): Promise<TreeWriter> =>
  openTree(root, (path, ownership, kind) =>
    given.push({ path: relative(root, path), ownership, kind }),
  );
const mode = (path: string) => statSync(join(root, path)).mode & 0o7777;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tree-test-'));
  root = join(folder, 'tree');
  given = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes files, directories and links, with the parents that were not named', async () => {
  const tree = await open();
  tree.file('a/b/c', 0o755, 6, 1_600_000_000);
  tree.write(Buffer.from('con'));
  tree.write(Buffer.from('tent'));
  tree.directory('d', 0o700);
  tree.symlink('d/link', '../a');
  tree.hardlink('e/same', 'a/b/c');
  tree.file('empty', 0o600, 0);
  await tree.finish({ mode: 0o750 });
  expect(treeAt(root)).toEqual({
    a: '/',
    'a/b': '/',
    'a/b/c': 'content',
    d: '/',
    'd/link': '-> ../a',
    e: '/',
    'e/same': 'content',
    empty: '',
  });
  expect([mode('.'), mode('a'), mode('a/b/c'), mode('d')]).toEqual([0o700, 0o755, 0o755, 0o700]);
  expect(statSync(join(root, 'a/b/c')).mtime.getTime()).toBe(1_600_000_000_000);
  expect(statSync(join(root, 'a/b/c')).nlink).toBe(2);
});

it('has the modes that were asked for whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    const tree = await open();
    tree.directory('d', 0o755);
    tree.file('d/f', 0o755, 0);
    await tree.finish();
    expect([mode('d'), mode('d/f')]).toEqual([0o755, 0o755]);
  } finally {
    process.umask(before);
  }
});

it('gives every entry to its owner, and the mode to the root alone', async () => {
  const tree = await open();
  tree.file('d/f', 0o644, 0);
  tree.symlink('l', 'd');
  await tree.finish({ owner: 'shop', group: 'www', mode: 0o750 });
  const ownership = { owner: 'shop', group: 'www' };
  expect(given).toEqual([
    { path: 'd', ownership, kind: 'directory' },
    { path: 'd/f', ownership, kind: 'file' },
    { path: 'l', ownership, kind: 'symlink' },
    { path: '', ownership: { ...ownership, mode: 0o750 }, kind: 'directory' },
  ]);
});

it.runIf(process.geteuid?.() === 0)('leaves to root what root made', async () => {
  const tree = await open();
  tree.file('f', 0o644, 0);
  await tree.finish({ owner: 'root', group: 'root' });
  expect(given.map(({ path }) => path)).toEqual(['']);
});

it('replaces what it made itself, and never writes through a link', async () => {
  const tree = await open();
  tree.file('a', 0o644, 1);
  tree.write(Buffer.from('1'));
  tree.hardlink('b', 'a');
  tree.file('a', 0o600, 1);
  tree.write(Buffer.from('2'));
  tree.symlink('c', 'a');
  tree.file('c', 0o644, 1);
  tree.write(Buffer.from('3'));
  tree.symlink('c', 'b');
  tree.symlink('c', 'a');
  tree.directory('d', 0o755);
  tree.directory('d', 0o700);
  await tree.finish();
  expect(treeAt(root)).toEqual({ a: '2', b: '1', c: '-> a', d: '/' });
  expect([mode('a'), mode('d')]).toEqual([0o600, 0o700]);
});

it('refuses what is there already: its root, and a directory where a file should be', async () => {
  const tree = await open();
  await expect(open()).rejects.toThrow(/EEXIST/);
  tree.directory('d', 0o755);
  expect(() => tree.file('d', 0o644, 0)).toThrow(/EEXIST/);
  expect(() => tree.symlink('d', 'x')).toThrow(/EEXIST/);
});

it('does not follow a symlink that somebody put in the way', async () => {
  const tree = await open();
  symlinkSync(folder, join(root, 'd'));
  symlinkSync(join(folder, 'stolen'), join(root, 'f'));
  expect(() => tree.file('d/x', 0o644, 0)).toThrow(/EEXIST/);
  tree.file('f', 0o644, 1);
  tree.write(Buffer.from('x'));
  await tree.finish();
  expect(lstatSync(join(root, 'f')).isSymbolicLink()).toBe(false);
  expect(readFileSync(join(root, 'f'), 'utf8')).toBe('x');
  expect(() => lstatSync(join(folder, 'stolen'))).toThrow(/ENOENT/);
});

it('can be abandoned with a file open, and takes no content without one', async () => {
  const tree = await open();
  expect(() => tree.write(Buffer.from('x'))).toThrow('no file of the tree is open');
  tree.file('f', 0o644, 10);
  tree.abandon();
  tree.abandon();
  expect(() => tree.write(Buffer.from('x'))).toThrow('no file of the tree is open');
});
