import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settle } from '../../src/host/settle.ts';
import { openSink } from '../../src/host/sink.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sink-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('is filled by position, in any order, and readable by its owner alone', async () => {
  const path = join(folder, 'new');
  const sink = await openSink(path);
  expect(sink.size).toBe(0);
  sink.write(Buffer.from('world'), 6);
  sink.write(Buffer.from('hello '), 0);
  await sink.close();
  expect(readFileSync(path, 'utf8')).toBe('hello world');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('keeps what is there, tells its size, and can be cut', async () => {
  const path = join(folder, 'old');
  writeFileSync(path, '0123456789');
  const sink = await openSink(path);
  expect(sink.size).toBe(10);
  sink.truncate(4);
  sink.write(Buffer.from('x'), 4);
  await sink.close({ durable: false });
  expect(readFileSync(path, 'utf8')).toBe('0123x');
});

it('is no symlink and no directory', async () => {
  symlinkSync('elsewhere', join(folder, 'link'));
  await expect(openSink(join(folder, 'link'))).rejects.toThrow(/ELOOP/);
  await expect(openSink(folder)).rejects.toThrow(/EISDIR/);
});

it('cannot be written once it is closed', async () => {
  const sink = await openSink(join(folder, 'new'));
  await sink.close();
  await expect(sink.close()).rejects.toThrow(/EBADF/);
});

it('settles on the disk by file, by directory, and not where there is nothing', async () => {
  writeFileSync(join(folder, 'file'), 'x');
  await settle(join(folder, 'file'));
  await settle(folder);
  await expect(settle(join(folder, 'nothing'))).rejects.toThrow(
    /cannot make .*nothing durable by sync -f: .*No such file/,
  );
});
