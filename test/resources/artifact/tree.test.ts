import { mkdirSync, statSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { ConfigError, StepError } from '../../../src/errors.ts';
import type { ArtifactStep } from '../../../src/resources/step.ts';
import { type TarEntry, tarOf } from './archive/tar-bytes.ts';
import { noise, type Rig, rig, treeAt } from './rig.ts';

let machine: Rig;
beforeEach(async () => {
  machine = await rig();
});
afterEach(() => machine.close());

const files: readonly TarEntry[] = [
  { name: 'bin', type: '5', mode: 0o755 },
  { name: 'bin/run', mode: 0o755, content: '#!/bin/sh\n' },
  { name: 'lib/large', content: noise(700_000) },
  { name: 'current', type: '2', link: 'bin/run' },
  { name: 'copy', type: '1', link: 'bin/run' },
];
const unpacked = {
  bin: '/',
  'bin/run': '#!/bin/sh\n',
  copy: '#!/bin/sh\n',
  current: '-> bin/run',
  lib: '/',
  'lib/large': noise(700_000).toString('latin1'),
};

function zipOf(): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from('#!/bin/sh\n'), 'bin/run', { mode: 0o100755 });
  zip.addBuffer(noise(700_000), 'lib/large', { mode: 0o100644 });
  zip.addBuffer(Buffer.from('bin/run'), 'current', { mode: 0o120777 });
  zip.addBuffer(Buffer.from('#!/bin/sh\n'), 'copy', { mode: 0o100644, compress: false });
  zip.end();
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    zip.outputStream.on('data', (piece: Buffer) => pieces.push(piece));
    zip.outputStream.on('end', () => resolve(Buffer.concat(pieces)));
  });
}

const packers: Record<string, () => Buffer | Promise<Buffer>> = {
  tar: () => tarOf(...files),
  'tar.gz': () => gzipSync(tarOf(...files)),
  'tar.zst': () => zstdCompressSync(tarOf(...files)),
  zip: zipOf,
};

const release = (step: ArtifactStep) => machine.real(`${step.path}.releases/${step.sha256}`);

describe.each(Object.entries(packers))('.%s', (format, pack) => {
  it('is unpacked, linked, and changes nothing the second time', async () => {
    const step = machine.publish(await pack(), { format: format as ArtifactStep['format'] });
    expect(await machine.check(step)).toMatchObject({
      differences: [{ aspect: 'release' }, { aspect: 'link' }],
    });
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(treeAt(release(step))).toEqual(unpacked);
    expect(statSync(machine.real('/opt/shop/bin/run')).mode & 0o777).toBe(0o755);
    expect(await machine.files.stat(step.path)).toMatchObject({
      type: 'symlink',
      target: `shop.releases/${step.sha256}`,
    });
    const before = treeAt(machine.root);
    await machine.apply(step);
    expect(treeAt(machine.root)).toEqual(before);
  });

  it('comes from the cache the second time', async () => {
    const step = machine.publish(await pack(), { format: format as ArtifactStep['format'] });
    await machine.apply(step);
    await machine.files.remove('/opt');
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(treeAt(release(step))).toEqual(unpacked);
    expect(machine.server.requests).toHaveLength(1);
  });

  it('blames a damaged object on its digest, not on its format, and shows nothing', async () => {
    const bytes = Buffer.from(await pack());
    const step = machine.publish(bytes, { format: format as ArtifactStep['format'] });
    const damaged = Buffer.from(bytes).fill(0x55, 20, 60);
    machine.server.objects.set('shop', { bytes: damaged, etag: '"x"' });
    const failure = machine.apply(step);
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(/wanted sha256/);
    expect(await machine.files.stat(step.path)).toBeUndefined();
    expect(await machine.files.list('/opt/shop.releases')).toEqual([]);
  });

  it('that is something else is named, and shows nothing', async () => {
    const step = machine.publish(noise(300_000), { format: format as ArtifactStep['format'] });
    const failure = machine.apply(step);
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(/^artifact:shop: s3:\/\/acme\/shop: .*; pack it anew/);
    expect(await machine.files.list('/opt/shop.releases')).toEqual([]);
  });

  it('is unpacked right when the connection breaks and the object changes in the middle', async () => {
    const bytes = Buffer.from(await pack());
    const step = machine.publish(bytes, { format: format as ArtifactStep['format'] });
    machine.server.objects.set('shop', { bytes: Buffer.from(bytes).reverse(), etag: '"old"' });
    machine.server.fault = (_request, count) => {
      if (count === 2) machine.server.objects.set('shop', { bytes, etag: '"new"' });
      return count < 4 ? 300_000 : undefined;
    };
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(treeAt(release(step))).toEqual(unpacked);
  });
});

describe('releases', () => {
  const numbered = (n: number, step: Partial<ArtifactStep> = {}) =>
    machine.publish(gzipSync(tarOf({ name: 'n', content: `${n}` })), step);
  const kept = async () =>
    (await machine.files.list('/opt/shop.releases')).filter((name) => !name.includes('.'));

  it('are switched by the link, and the oldest beyond keep go, with their objects', async () => {
    const steps = [];
    for (const n of [1, 2, 3]) {
      const step = numbered(n);
      steps.push(step);
      await machine.apply(step);
      expect((await machine.files.read('/opt/shop/n'))?.toString()).toBe(`${n}`);
    }
    const digests = steps.map(({ sha256 }) => sha256);
    expect((await kept()).sort()).toEqual(digests.slice(1).sort());
    expect(await machine.files.list('/opt/shop.releases')).toHaveLength(4);
    expect(await machine.files.list('/var/cache/bootstrap-agent/sha256')).toEqual(
      digests.slice(1).sort(),
    );
  });

  it('go back to one that is kept without fetching or unpacking, and then keep that one', async () => {
    const [first, second, third] = [numbered(1), numbered(2), numbered(3)];
    await machine.apply(numbered(1));
    await machine.apply(numbered(2));
    await machine.apply(numbered(1));
    expect(machine.server.requests).toHaveLength(2);
    expect((await machine.files.read('/opt/shop/n'))?.toString()).toBe('1');
    await machine.apply(numbered(3));
    expect((await kept()).sort()).toEqual([first?.sha256, third?.sha256].sort());
    expect(await machine.check(second as ArtifactStep)).toBeDefined();
  });

  it('keep the current one even when only one is kept', async () => {
    await machine.apply(numbered(1, { keep: 1 }));
    const step = numbered(2, { keep: 1 });
    await machine.apply(step);
    expect(await kept()).toEqual([step.sha256]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it('are unpacked again when they lost their seal, were emptied, or are wanted otherwise', async () => {
    const bytes = gzipSync(tarOf({ name: 'top/n', content: '1' }));
    const step = machine.publish(bytes);
    await machine.apply(step);
    await machine.files.remove(`/opt/shop.releases/${step.sha256}.json`);
    await machine.files.remove('/run');
    expect(await machine.check(step)).toMatchObject({ differences: [{ aspect: 'release' }] });
    await machine.files.write(`/opt/shop.releases/${step.sha256}/half`, 'written');
    await machine.apply(step);
    expect(treeAt(release(step))).toEqual({ top: '/', 'top/n': '1' });
    await machine.files.remove(`/opt/shop.releases/${step.sha256}`);
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    const stripped = { ...step, strip: 1 };
    expect(await machine.check(stripped)).toMatchObject({ differences: [{ aspect: 'release' }] });
    await machine.apply(stripped);
    expect(treeAt(release(step))).toEqual({ n: '1' });
    expect(await machine.check(stripped)).toBeUndefined();
    expect(machine.server.requests).toHaveLength(1);
  });

  it('survive the loss of /run once they are on disk, and not before', async () => {
    const step = numbered(1);
    let settled = () => {};
    machine.files.settle = () => new Promise((resolve) => (settled = resolve));
    const later: Promise<void>[] = [];
    await machine.apply(step, { afterwards: (work) => later.push(work) });
    expect(await machine.check(step)).toBeUndefined();
    // The power goes before the disk has it: what vouched for the tree is gone with the page cache.
    await machine.files.rename('/run', '/gone');
    expect(await machine.check(step)).toMatchObject({ differences: [{ aspect: 'release' }] });
    await machine.files.rename('/gone', '/run');
    settled();
    await Promise.all(later);
    await machine.files.remove('/run');
    expect(await machine.check(step)).toBeUndefined();
  });

  it('get another mode in place and another owner by unpacking again', async () => {
    await machine.files.write('/etc/passwd', 'shop:x:1000:1000::/:/bin/false\n');
    await machine.files.write('/etc/group', 'shop:x:1000:\n');
    const step = numbered(1);
    await machine.apply(step);
    const closed = { ...step, mode: '0750' };
    expect(await machine.check(closed)).toEqual({
      differences: [{ aspect: 'mode', found: '0755', wanted: '0750' }],
    });
    await machine.apply(closed);
    expect(await machine.check(closed)).toBeUndefined();
    const owned = { ...closed, owner: 'shop', group: 'shop' };
    await machine.apply(owned);
    expect(await machine.check(owned)).toBeUndefined();
    expect(await machine.files.stat(`/opt/shop.releases/${step.sha256}/n`)).toMatchObject({
      owner: 'shop',
      group: 'shop',
      mode: 0o644,
    });
    expect(await machine.files.list('/opt/shop.releases')).toHaveLength(2);
  });
});

it('points a link of somebody else to the release', async () => {
  const step = machine.publish(gzipSync(tarOf({ name: 'n' })));
  await machine.files.link('/opt/shop', '/elsewhere');
  expect(await machine.check(step)).toMatchObject({
    differences: [{ aspect: 'release' }, { aspect: 'link', found: '/elsewhere' }],
  });
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
});

it('refuses a directory where the link should be, before anything is fetched', async () => {
  const step = machine.publish(gzipSync(tarOf({ name: 'n' })));
  mkdirSync(machine.real(step.path), { recursive: true });
  expect(await machine.check(step)).toMatchObject({
    differences: [{}, { aspect: 'link', found: 'a directory' }],
  });
  const failure = machine.apply(step);
  await expect(failure).rejects.toThrow(StepError);
  await expect(failure).rejects.toThrow('as a symlink to the current release, found a directory');
  expect(machine.server.requests).toEqual([]);
});

it('refuses to unpack what is no archive', async () => {
  const step = machine.publish(noise(10), { format: 'plain' });
  await expect(machine.apply(step)).rejects.toThrow(/cannot be unpacked.*"unpack: false"/);
});

it('names the member and the rule when one is refused, and shows nothing of the others', async () => {
  const step = machine.publish(
    gzipSync(tarOf({ name: 'good', content: 'x' }, { name: '../evil', content: 'x' })),
  );
  const failure = machine.apply(step);
  await expect(failure).rejects.toThrow(ConfigError);
  await expect(failure).rejects.toThrow(
    'artifact:shop: s3://acme/shop: refused archive member "../evil": "../evil" contains ".."; pack it anew, or change artifacts.shop in the role',
  );
  expect(await machine.files.list('/opt')).toEqual(['shop.releases']);
  expect(await machine.files.list('/opt/shop.releases')).toEqual([]);
});

it('refuses a bomb by what it unpacks to', async () => {
  const bomb = gzipSync(tarOf({ name: 'zeros', content: Buffer.alloc(5 << 20) }));
  const step = machine.publish(bomb, { limits: { bytes: 4 << 20, files: 10 } });
  await expect(machine.apply(step)).rejects.toThrow('more than 4194304 bytes (max_unpacked_mib)');
});

it('takes an archive without its end mark as truncated', async () => {
  const step = machine.publish(gzipSync(tarOf({ name: 'n' }).subarray(0, 512)));
  await expect(machine.apply(step)).rejects.toThrow(/truncated tar archive/);
});
