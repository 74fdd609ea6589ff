import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageResources } from '../../src/image/image-resources.ts';
import { cachePath } from '../../src/resources/artifact/cache.ts';
import type { Difference } from '../../src/resources/resource.ts';
import type { ArtifactStep } from '../../src/resources/step.ts';
import { tarOf } from '../resources/artifact/archive/tar-bytes.ts';
import { asFile, type Rig, rig, treeAt } from '../resources/artifact/rig.ts';

let machine: Rig;
beforeEach(async () => {
  machine = await rig();
});
afterEach(() => machine.close());

const signal = new AbortController().signal;
const object = (content: string) => gzipSync(tarOf({ name: 'run', content }));
const releaseOf = (step: ArtifactStep) => machine.real(`${step.path}.releases/${step.sha256}`);

/** Bakes one step of all that the image gets; what differed. */
async function bake(
  step: ArtifactStep,
  all: readonly ArtifactStep[] = [step],
): Promise<readonly Difference[]> {
  const { artifact } = imageResources(all);
  const world = machine.world();
  const drift = await artifact.check(step, world, { stale: false });
  if (drift === undefined) return [];
  await artifact.apply(step, world, { drift, stale: false, signal, progress: () => undefined });
  return drift.differences;
}

function addAccount(name: string): void {
  mkdirSync(machine.real('/etc'), { recursive: true });
  writeFileSync(machine.real('/etc/passwd'), `${name}:x:900:900::/:/bin/sh\n`);
  writeFileSync(machine.real('/etc/group'), `${name}:x:900:\n`);
}

describe('an artifact in an image', () => {
  it('lies in the cache and laid out, without a link, and is not baked again', async () => {
    const step = machine.publish(object('one'));
    expect(await bake(step)).toHaveLength(2);
    expect(readFileSync(machine.real(cachePath(step.sha256)))).toEqual(object('one'));
    expect(treeAt(releaseOf(step))).toEqual({ run: 'one' });
    expect(existsSync(machine.real(step.path))).toBe(false);
    expect(await bake(step)).toEqual([]);
  });

  it('is linked by the node that runs it, which reads nothing of it', async () => {
    const step = machine.publish(object('one'));
    await bake(step);
    const fetched = machine.server.requests.length;
    // Neither S3 nor the cache could give it now.
    writeFileSync(machine.real(cachePath(step.sha256)), 'damaged');
    expect(await machine.check(step)).toEqual({
      differences: [{ aspect: 'link', wanted: `shop.releases/${step.sha256}` }],
    });
    await machine.apply(step);
    expect(treeAt(machine.real(step.path))).toEqual({ run: 'one' });
    expect(await machine.check(step)).toBeUndefined();
    expect(machine.server.requests).toHaveLength(fetched);
  });

  it('is in nobody’s way on a node that runs another release', async () => {
    const baked = machine.publish(object('one'));
    await bake(baked);
    const step = machine.publish(object('two'));
    await machine.apply(step);
    expect(treeAt(machine.real(step.path))).toEqual({ run: 'two' });
    expect(treeAt(releaseOf(baked))).toEqual({ run: 'one' });
    expect(await machine.check(step)).toBeUndefined();
  });

  it('is made whole again where its seal or its object is bad', async () => {
    const step = machine.publish(object('one'));
    await bake(step);
    writeFileSync(machine.real(cachePath(step.sha256)), 'damaged');
    expect(await bake(step)).toMatchObject([{ aspect: cachePath(step.sha256) }]);
    expect(readFileSync(machine.real(cachePath(step.sha256)))).toEqual(object('one'));
    writeFileSync(`${releaseOf(step)}/run`, 'half');
    const { files } = machine;
    await files.remove(`${step.path}.releases/${step.sha256}.json`);
    for (const name of await files.list('/run/bootstrap-agent/artifacts'))
      await files.remove(`/run/bootstrap-agent/artifacts/${name}`);
    expect(await bake(step)).toEqual([{ aspect: 'release', wanted: step.sha256 }]);
    expect(treeAt(releaseOf(step))).toEqual({ run: 'one' });
  });

  it('lies in the cache alone: a file, and what two classes want differently', async () => {
    const file = machine.publish(Buffer.from('war'), asFile);
    await bake(file);
    expect(readFileSync(machine.real(cachePath(file.sha256))).toString()).toBe('war');
    expect(existsSync(machine.real(file.path))).toBe(false);
    const one = machine.publish(object('one'), { source: { bucket: 'acme', key: 'one' } });
    const two = machine.publish(object('two'), { source: { bucket: 'acme', key: 'two' } });
    for (const step of [one, two]) {
      await bake(step, [one, two]);
      expect(existsSync(machine.real(cachePath(step.sha256)))).toBe(true);
      expect(existsSync(releaseOf(step))).toBe(false);
      expect(await bake(step, [one, two])).toEqual([]);
    }
  });

  it('lies in the cache alone as long as its owner is not there', async () => {
    const step = machine.publish(object('one'), { owner: 'shop', group: 'shop' });
    await bake(step);
    expect(existsSync(releaseOf(step))).toBe(false);
    expect(await bake(step)).toEqual([]);
    addAccount('shop');
    expect(await bake(step)).toEqual([{ aspect: 'release', wanted: step.sha256 }]);
    expect(await bake(step)).toEqual([]);
  });
});
