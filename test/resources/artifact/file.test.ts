import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigError, StepError } from '../../../src/errors.ts';
import { cachePath } from '../../../src/resources/artifact/cache.ts';
import { asFile, boundFiles, noise, type Rig, rig, sha256Of, treeAt } from './rig.ts';

let machine: Rig;
beforeEach(async () => {
  machine = await rig();
});
afterEach(() => machine.close());

it('comes to its place with owner and mode, and a second apply changes nothing', async () => {
  const bytes = noise(3 << 20);
  const step = machine.publish(bytes, asFile);
  expect(await machine.check(step)).toEqual({
    differences: [{ aspect: 'content', wanted: `sha256 ${step.sha256}` }],
  });
  await machine.apply(step);
  expect((await machine.files.read(step.path))?.equals(bytes)).toBe(true);
  expect(await machine.files.stat(step.path)).toMatchObject({ mode: 0o640, owner: 'root' });
  expect(await machine.check(step)).toBeUndefined();
  expect(await machine.files.list('/srv')).toEqual(['shop.war']);
  const before = treeAt(machine.root);
  await machine.apply(step);
  expect(treeAt(machine.root)).toEqual(before);
  expect(machine.server.requests).toHaveLength(1);
});

it('tells of bytes on the way, the last time of all of them', async () => {
  const step = machine.publish(noise(3 << 20), asFile);
  await machine.apply(step);
  const bytes = machine.progress.filter(({ what }) => what === 'bytes');
  expect(bytes.length).toBeGreaterThan(2);
  expect(bytes.at(-1)).toEqual({ what: 'bytes', done: 3 << 20, total: 3 << 20 });
});

it('is not read again while untouched, and is as soon as it was touched', async () => {
  const step = machine.publish(noise(1000), asFile);
  await machine.apply(step);
  let reads = 0;
  const counting = boundFiles(machine.files);
  counting.blocks = (path) => {
    reads += 1;
    return machine.files.blocks(path);
  };
  const { artifact } = await import('../../../src/resources/artifact/artifact.ts');
  const check = () => artifact.check(step, machine.world(counting), { stale: false });
  expect(await check()).toBeUndefined();
  expect(reads).toBe(0);
  writeFileSync(machine.real(step.path), noise(1000));
  expect(await check()).toBeUndefined();
  expect(reads).toBe(1);
  writeFileSync(machine.real(step.path), noise(1000, 2));
  expect(await check()).toMatchObject({ differences: [{ aspect: 'content' }] });
});

it('is believed for its bytes alone when nothing was noted about it', async () => {
  const bytes = noise(1000);
  const step = machine.publish(bytes, { ...asFile, mode: '0644' });
  await machine.files.write(step.path, bytes);
  expect(await machine.check(step)).toBeUndefined();
});

it('gets another owner or mode without being fetched', async () => {
  const step = machine.publish(noise(1000), asFile);
  await machine.apply(step);
  const other = { ...step, mode: '0600' };
  expect(await machine.check(other)).toEqual({
    differences: [{ aspect: 'mode', found: '0640', wanted: '0600' }],
  });
  await machine.apply(other);
  expect(await machine.check(other)).toBeUndefined();
  expect(machine.server.requests).toHaveLength(1);
});

it('comes from the cache when it was fetched before', async () => {
  const step = machine.publish(noise(1000), asFile);
  await machine.apply(step);
  const elsewhere = { ...step, id: 'artifact:other', path: '/srv/other.war' };
  await machine.apply(elsewhere);
  await machine.files.remove(step.path);
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
  expect(machine.server.requests).toHaveLength(1);
});

it('is fetched once when two steps want it at the same time', async () => {
  const step = machine.publish(noise(2 << 20), asFile);
  const elsewhere = { ...step, id: 'artifact:other', path: '/srv/other.war' };
  await Promise.all([machine.apply(step), machine.apply(elsewhere)]);
  expect(await machine.check(step)).toBeUndefined();
  expect(await machine.check(elsewhere)).toBeUndefined();
  expect(machine.server.requests).toHaveLength(1);
});

it('is fetched again when the cache went bad', async () => {
  const step = machine.publish(noise(100_000), asFile);
  await machine.apply(step);
  const cached = machine.real(cachePath(step.sha256));
  chmodSync(cached, 0o600);
  writeFileSync(cached, noise(100_000, 9));
  await machine.files.remove(step.path);
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
  expect(machine.server.requests).toHaveLength(2);
});

it('replaces a symlink and an older file, never their target', async () => {
  const step = machine.publish(noise(1000), asFile);
  await machine.files.write('/srv/target', 'kept');
  await machine.files.link(step.path, 'target');
  expect(await machine.check(step)).toMatchObject({ differences: [{ found: 'a symlink' }] });
  await machine.apply(step);
  expect((await machine.files.read('/srv/target'))?.toString()).toBe('kept');
  const next = machine.publish(noise(2000), asFile);
  await machine.apply(next);
  expect(await machine.check(next)).toBeUndefined();
});

it('refuses a directory in its place before anything is fetched', async () => {
  const step = machine.publish(noise(1000), asFile);
  mkdirSync(machine.real(step.path), { recursive: true });
  await expect(machine.apply(step)).rejects.toThrow(
    'wanted the file /srv/shop.war, found a directory',
  );
  expect(machine.server.requests).toHaveLength(0);
});

it('names what it wanted and what it got when the digest is wrong, and leaves nothing', async () => {
  const bytes = noise(5000);
  const step = machine.publish(bytes, { ...asFile, sha256: '0'.repeat(64) });
  const failure = machine.apply(step);
  await expect(failure).rejects.toThrow(ConfigError);
  await expect(failure).rejects.toThrow(
    [
      's3://acme/shop is not the object that was wanted',
      `  wanted sha256 ${'0'.repeat(64)} (from the release manifest, or sha256 at artifacts.shop in the role)`,
      `  found  sha256 ${sha256Of(bytes)}`,
      '  One of the two was replaced: publish the release again, its files and its manifest of one build.',
    ].join('\n'),
  );
  expect(await machine.files.list('/srv')).toEqual([]);
  expect(await machine.files.list('/var/cache/bootstrap-agent/sha256')).toEqual([]);
});

it('names both sizes when the manifest tells another one, without fetching the body', async () => {
  const step = machine.publish(noise(5000), { ...asFile, size: 4999 });
  const failure = machine.apply(step);
  await expect(failure).rejects.toThrow(ConfigError);
  await expect(failure).rejects.toThrow(
    /wanted 4999 bytes \(from the release manifest\)\n {2}found {2}5000 bytes/,
  );
  expect(await machine.files.list('/srv')).toEqual([]);
});

it('differs by its size alone, without being read', async () => {
  const bytes = noise(5000);
  const step = machine.publish(bytes, { ...asFile, size: 5000 });
  await machine.files.write(step.path, bytes.subarray(1));
  expect(await machine.check(step)).toMatchObject({
    differences: [{ aspect: 'content', found: '4999 bytes', wanted: '5000 bytes' }, {}],
  });
});

it('asks for room before it fetches', async () => {
  const step = machine.publish(noise(5000), asFile);
  const full = boundFiles(machine.files);
  full.freeBytes = async () => 4000;
  const failure = machine.apply(step, { files: full });
  await expect(failure).rejects.toThrow(StepError);
  await expect(failure).rejects.toThrow(
    '5000 bytes are wanted for s3://acme/shop, 4000 are free in /var/cache',
  );
});

it('takes an empty object', async () => {
  const step = machine.publish(Buffer.alloc(0), asFile);
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
  expect(statSync(machine.real(step.path)).size).toBe(0);
});

it('is noted on disk after the wait for the disk, which the engine may take over', async () => {
  const step = machine.publish(noise(1000), asFile);
  const seal = machine.real('/var/lib/bootstrap-agent/artifacts/artifact%3Ashop.json');
  let settled = () => {};
  machine.files.settle = () => new Promise((resolve) => (settled = resolve));
  const later: Promise<void>[] = [];
  await machine.apply(step, { afterwards: (work) => later.push(work) });
  expect(await machine.check(step)).toBeUndefined();
  expect(existsSync(seal)).toBe(false);
  settled();
  await Promise.all(later);
  expect(existsSync(seal)).toBe(true);
  expect(await machine.check(step)).toBeUndefined();
});

it('goes on when the disk cannot be waited for in the background, and says so', async () => {
  const step = machine.publish(noise(1000), asFile);
  machine.files.settle = () => Promise.reject(new StepError('the disk is ill'));
  const later: Promise<void>[] = [];
  await machine.apply(step, { afterwards: (work) => later.push(work) });
  await Promise.all(later);
  expect(machine.progress.at(-1)).toMatchObject({
    what: 'line',
    line: expect.stringContaining('the disk is ill'),
  });
  await machine.files.remove(step.path);
  await expect(machine.apply(step)).rejects.toThrow('the disk is ill');
});
