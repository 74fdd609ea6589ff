/** `kill -9` anywhere, followed by another apply, ends in the same machine. */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Files } from '../../../src/host/host.ts';
import type { ArtifactStep } from '../../../src/resources/step.ts';
import { tarOf } from './archive/tar-bytes.ts';
import { asFile, noise, type Rig, rig, treeAt } from './rig.ts';

let machine: Rig;
beforeEach(async () => {
  machine = await rig();
});
afterEach(() => machine.close());

const old = gzipSync(tarOf({ name: 'n', content: 'old' }));
const next = gzipSync(
  tarOf(
    { name: 'n', content: 'next' },
    { name: 'd/large', content: noise(150_000) },
    { name: 'l', type: '2', link: 'n' },
  ),
);

/**
 * `files` that does `operations` more operations and then fails at each, cleaning up included: to the disk that is a process
 * that was killed there.
 */
function dying(files: Files, operations: number): { files: Files; used: () => number } {
  let used = 0;
  const mortal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...input: unknown[]) => {
          used += 1;
          if (used > operations) throw new Error('killed');
          const result = Reflect.apply(value, target, input);
          if (key !== 'openSink' && key !== 'openTree') return result;
          return (result as Promise<object>).then(mortal);
        };
      },
    });
  return { files: mortal(files), used: () => used };
}

async function operationsOf(step: ArtifactStep): Promise<number> {
  const counted = dying(machine.files, Number.POSITIVE_INFINITY);
  await machine.apply(step, { files: counted.files });
  return counted.used();
}

describe.each([
  ['a tree', (bytes: Buffer) => machine.publish(bytes, { keep: 1 })],
  ['a file', (bytes: Buffer) => machine.publish(bytes, asFile)],
])('%s', (_what, publish) => {
  it('is old or next at every moment, and next after another apply', async () => {
    const clear = async () => {
      for (const name of await machine.files.list('/')) await machine.files.remove(`/${name}`);
      await machine.apply(publish(old));
    };
    await clear();
    const operations = await operationsOf(publish(next));
    const finished = treeAt(machine.root);
    expect(operations).toBeGreaterThan(20);
    const inPlace = async (step: ArtifactStep) => {
      const path = step.as === 'tree' ? `${step.path}/n` : step.path;
      return (await machine.files.read(path))?.toString('latin1');
    };
    const allowed = (step: ArtifactStep) =>
      step.as === 'tree' ? ['old', 'next'] : [old, next].map((each) => each.toString('latin1'));
    for (let at = 0; at < operations; at += 1) {
      await clear();
      const step = publish(next);
      const killed = machine.apply(step, { files: dying(machine.files, at).files });
      await expect(killed, `at ${at}`).rejects.toThrow('killed');
      expect(allowed(step), `at ${at}`).toContain(await inPlace(step));
      await machine.apply(step);
      expect(await machine.check(step), `at ${at}`).toBeUndefined();
      expect(comparable(treeAt(machine.root)), `at ${at}`).toEqual(comparable(finished));
    }
  });
});

/**
 * Without the seals: they hold inode numbers, and one that was lost is not written again as long as the machine is right without it.
 */
function comparable(tree: Record<string, string>): [string, string][] {
  return Object.entries(tree).filter(([path]) => !/^(run|var\/lib)(\/|$)|\.json$/.test(path));
}

it('heals after an abort at any byte', async () => {
  for (let at = 0; at < next.length; at += 15_000) {
    const step = machine.publish(next);
    const abort = new AbortController();
    const open = machine.server.store.open;
    machine.server.pieces = 8_000;
    machine.server.store.open = async (...asked) => {
      const stream = await open(...asked);
      return { ...stream, body: abortingAt(at, stream.body, abort) };
    };
    const failure = machine.apply(step, { signal: abort.signal });
    await expect(failure).rejects.toThrow('aborted here');
    machine.server.store.open = open;
    expect(await machine.files.list('/opt/shop.releases')).toEqual([]);
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    for (const name of await machine.files.list('/')) await machine.files.remove(`/${name}`);
  }
});

async function* abortingAt(
  position: number,
  body: AsyncIterable<Uint8Array>,
  abort: AbortController,
): AsyncIterable<Uint8Array> {
  let at = 0;
  for await (const chunk of body) {
    at += chunk.length;
    if (at >= position) abort.abort(new Error('aborted here'));
    yield chunk;
  }
}
