import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { takeLock } from '../../src/host/lock.ts';
import { isRunning, markOf } from '../../src/host/process-mark.ts';
import { processOn } from '../../src/host/process-on.ts';

const source = fileURLToPath(new URL('../../src/host/process-on.ts', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lock-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

/** A process that takes the lock, says what it got, and stays until it is killed. */
async function other(): Promise<{ child: ChildProcess; got: string }> {
  const script = `import { processOn } from ${JSON.stringify(source)};
const got = processOn(${JSON.stringify(root)}).lock('boot', 5);
process.stdout.write('holder' in got ? 'busy' : 'mine');
setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [data] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return { child, got: String(data) };
}

test('one process has it; the others are told who, since when', async () => {
  const { child, got } = await other();
  expect(got).toBe('mine');
  const here = processOn(root);
  expect(here.lock('boot', 9)).toEqual({
    holder: { pid: child.pid, startTicks: expect.any(Number), since: 5 },
  });
  expect('release' in here.lock('drain', 9)).toBe(true);
});

test('what a killed process held is free at once', async () => {
  const { child } = await other();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = processOn(root).lock('boot', 9);
  expect('release' in lock).toBe(true);
  // Nothing piles up.
  expect(readdirSync(join(root, 'run/bootstrap-agent/lock/boot'))).toHaveLength(1);
});

test('it can be released and taken again, and is one for all of a process', () => {
  const here = processOn(root);
  const first = here.lock('boot', 9);
  expect(here.lock('boot', 10)).toMatchObject({ holder: { pid: process.pid, since: 9 } });
  if ('release' in first) first.release();
  expect('release' in here.lock('boot', 11)).toBe(true);
});

test('of many that find a dead holder at the same moment, one gets it', async () => {
  const folder = join(root, 'run/bootstrap-agent/lock/boot');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '7'), JSON.stringify({ pid: process.pid, startTicks: 1, since: 1 }));
  const all = await Promise.all(Array.from({ length: 6 }, other));
  expect(all.map(({ got }) => got).sort()).toEqual([...Array(5).fill('busy'), 'mine']);
});

test('a file that holds nonsense is nobody', () => {
  const folder = join(root, 'lock');
  mkdirSync(folder);
  writeFileSync(join(folder, '3'), 'nonsense');
  const self = { pid: process.pid, startTicks: 1 };
  expect('release' in takeLock(folder, self, 1)).toBe(true);
});

test('a place that cannot be written is told in words', () => {
  writeFileSync(join(root, 'run'), '');
  expect(() => processOn(root).lock('boot', 1)).toThrow(StepError);
});

test('a process is known by its start time too, and gone when it is a zombie', async () => {
  const self = markOf(process.pid);
  expect(self).toBeDefined();
  expect(isRunning({ pid: process.pid, startTicks: self?.startTicks ?? 0 })).toBe(true);
  expect(isRunning({ pid: process.pid, startTicks: 1 })).toBe(false);
  // The shell never asks what became of its child.
  const child = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const [pid] = await once(child.stdout, 'data');
  await expect.poll(() => markOf(Number(pid)), { timeout: 30_000 }).toBeUndefined();
});
