import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-ahead-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** fchmod(2) instead of readahead(2): what it did can be seen. */
const fchmod = process.arch === 'arm64' ? 52 : 91;

/** Gives what it says; throws where it fails. */
function readAhead(...lines: string[]): string {
  const list = join(folder, 'list');
  writeFileSync(list, lines.map((line) => `${line}\n`).join(''));
  return String(execFileSync('perl', ['packaging/read-ahead', list], { stdio: 'pipe' }));
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

it('makes the call of the list for each line, on the file that the line names', () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'a name with words')];
  for (const path of [one, two]) writeFileSync(path, '', { mode: 0o600 });
  expect(
    readAhead(`readahead ${fchmod}`, `${0o644} 0 ${one}`, `${0o600} 0 ${two}`, `${0o640} 0 ${two}`),
  ).toBe('');
  expect([modeOf(one), modeOf(two)]).toEqual([0o644, 0o640]);
});

it('passes over what is not there or no file, and never waits', () => {
  const last = join(folder, 'last');
  writeFileSync(last, '', { mode: 0o600 });
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const odd = [`1 1 ${folder}`, `1 1 ${pipe}`, `1 1 ${folder}/none`, '', 'words', '-1 2 x'];
  expect(readAhead(`readahead ${fchmod}`, ...odd, `${0o644} 0 ${last}`)).toBe('');
  expect(modeOf(last)).toBe(0o644);
  expect(modeOf(folder)).toBe(0o700);
});

it('does nothing without a list, or with one that says no system call', () => {
  const file = join(folder, 'kept');
  writeFileSync(file, '', { mode: 0o600 });
  expect(readAhead(`${0o644} 0 ${file}`)).toBe('');
  expect(modeOf(file)).toBe(0o600);
  expect(String(execFileSync('perl', ['packaging/read-ahead', join(folder, 'none')]))).toBe('');
});
