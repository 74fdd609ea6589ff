import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { localHost } from '../../src/host/local-host.ts';
import { smallHost, smallOf } from '../../src/host/small-host.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'small-host-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

describe.each([
  ['of its own', smallHost],
  ['of a whole one', () => smallOf(localHost())],
])('a small host %s', (_, made) => {
  test('reads, writes with a mode and its parents, removes', async () => {
    const { files } = made();
    const path = join(folder, 'run/agent/leaving.json');
    expect(await files.read(path)).toBeUndefined();
    expect(await files.has(path)).toBe(false);
    await files.remove(path);
    await files.write(path, '{}\n', { mode: 0o600 });
    await files.write(path, '{"a":1}\n', { mode: 0o600 });
    expect(await files.has(path)).toBe(true);
    expect(String(await files.read(path))).toBe('{"a":1}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    // Nothing beside it.
    expect(readdirSync(join(folder, 'run/agent'))).toEqual(['leaving.json']);
    await files.remove(path);
    expect(await files.has(path)).toBe(false);
  });

  test('says what it could not read or write, and why', async () => {
    const { files } = made();
    await files.write(join(folder, 'file'), '');
    const failing = [() => files.read(folder), () => files.write(join(folder, 'file/below'), '')];
    for (const fails of failing) {
      const error = await fails().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StepError);
      expect(String(error)).toContain(folder);
    }
  });

  test('runs programs, and is whole when it has to be', async () => {
    const host = made();
    expect(await host.run(['echo', 'here'])).toMatchObject({ exitCode: 0, stdout: 'here\n' });
    const whole = await host.whole();
    await whole.files.write(join(folder, 'a'), 'b');
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('b');
  });
});
