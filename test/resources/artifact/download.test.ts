import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, StepError, UnavailableError } from '../../../src/errors.ts';
import { cachePath } from '../../../src/resources/artifact/cache.ts';
import fc from '../../random-examples.ts';
import { asFile, boundFiles, noise, type Rig, rig } from './rig.ts';

let machine: Rig;
beforeEach(async () => {
  machine = await rig();
});
afterEach(() => machine.close());

const object = noise(3 << 20);
const partialOf = (sha256: string) => machine.real(`${cachePath(sha256)}.partial`);

it('carries on where the connection broke, pinned to the ETag', async () => {
  const step = machine.publish(object, asFile);
  machine.server.fault = (_request, count) => (count === 1 ? 1_500_000 : undefined);
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
  const [first, second] = machine.server.requests;
  expect(first).toMatchObject({ from: 0, ifMatch: undefined });
  expect(second?.from).toBeGreaterThan(0);
  expect(second?.ifMatch).toBe(`"${step.sha256.slice(0, 8)}"`);
  expect(machine.server.requests).toHaveLength(2);
});

it('gives up for the engine to wait when connections bring nothing, and keeps what it has', async () => {
  const step = machine.publish(object, asFile);
  machine.server.fault = (_request, count) => (count === 1 ? 2_000_000 : 0);
  const failure = machine.apply(step);
  await expect(failure).rejects.toThrow(UnavailableError);
  await expect(failure).rejects.toThrow(/broke off at byte \d+ of 3145728, 3 times in a row/);
  expect(machine.server.requests.length).toBeLessThanOrEqual(4);
  machine.server.fault = undefined;
  await machine.apply(step);
  expect(machine.server.requests.at(-1)?.from).toBeGreaterThan(0);
  expect(await machine.check(step)).toBeUndefined();
  expect(await machine.files.list('/var/cache/bootstrap-agent/sha256')).toEqual([step.sha256]);
});

it('leaves a refusal at the start to the engine', async () => {
  const step = machine.publish(object, asFile);
  machine.server.fault = () => ({ status: 503 });
  await expect(machine.apply(step)).rejects.toThrow('status 503');
  expect(machine.server.requests).toHaveLength(1);
});

it('ends as before when the object is not there', async () => {
  const step = machine.publish(object, asFile);
  machine.server.objects.clear();
  await expect(machine.apply(step)).rejects.toThrow(ConfigError);
});

describe('an object that is replaced', () => {
  it('is read from its first byte again', async () => {
    const step = machine.publish(object, asFile);
    machine.server.objects.set('shop', { bytes: noise(3 << 20, 5), etag: '"old"' });
    machine.server.fault = (_request, count) => {
      if (count !== 1) return undefined;
      setImmediate(() => machine.server.objects.set('shop', { bytes: object, etag: '"new"' }));
      return 1_000_000;
    };
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(machine.server.requests.map(({ from }) => from > 0)).toEqual([false, true, false]);
  });

  it('over and over is given up', async () => {
    const step = machine.publish(object, asFile);
    machine.server.fault = (_request, count) => {
      machine.server.objects.set('shop', { bytes: object, etag: `"${count >> 1}"` });
      return 1_500_000;
    };
    await expect(machine.apply(step)).rejects.toThrow(
      'was replaced 3 times while it was being downloaded',
    );
  });
});

describe('what an earlier process left', () => {
  async function interrupted() {
    const step = machine.publish(object, asFile);
    machine.server.fault = (_request, count) => (count === 1 ? 2_000_000 : 0);
    await expect(machine.apply(step)).rejects.toThrow(UnavailableError);
    machine.server.fault = undefined;
    machine.server.requests.length = 0;
    return step;
  }

  it('is hashed again and completed', async () => {
    const step = await interrupted();
    const there = readFileSync(partialOf(step.sha256)).length;
    await machine.apply(step);
    expect(machine.server.requests).toMatchObject([{ from: there }]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it('is fetched anew, not blamed on the object, when a power cut spoilt it', async () => {
    const step = await interrupted();
    const bytes = readFileSync(partialOf(step.sha256));
    writeFileSync(partialOf(step.sha256), bytes.fill(0, 4096, 8192));
    await machine.apply(step);
    expect(machine.server.requests.map(({ from }) => from)).toEqual([bytes.length, 0]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it.each([
    ['is not told', () => undefined],
    ['is half a document', () => '{"etag":"\\"x'],
    ['is a document of something else', () => '{"etag":5}'],
    ['tells of a smaller object', (etag: string) => JSON.stringify({ etag, size: 10 })],
    [
      'tells of another size than the manifest',
      (etag: string) => JSON.stringify({ etag, size: 3e6 }),
    ],
  ])('counts for nothing when what it is of %s', async (_what, note) => {
    const step = await interrupted();
    const text = note(`"${step.sha256.slice(0, 8)}"`);
    if (text === undefined) await machine.files.remove(`${cachePath(step.sha256)}.partial.json`);
    else writeFileSync(`${partialOf(step.sha256)}.json`, text);
    await machine.apply({ ...step, size: object.length });
    expect(machine.server.requests).toMatchObject([{ from: 0 }]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it('needs no request when all bytes are there', async () => {
    const step = await interrupted();
    writeFileSync(partialOf(step.sha256), object);
    await machine.apply(step);
    expect(machine.server.requests).toEqual([]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it('is not kept of small objects, which are fetched again sooner than noted', async () => {
    const step = machine.publish(noise(100_000), asFile);
    machine.server.fault = () => 20_000;
    await expect(machine.apply(step)).rejects.toThrow(UnavailableError);
    expect(existsSync(`${partialOf(step.sha256)}.json`)).toBe(false);
    machine.server.fault = undefined;
    await machine.apply(step);
    expect(machine.server.requests.at(-1)?.from).toBe(0);
  });
});

describe('a large object', () => {
  const size = 17 << 20;
  const large = Buffer.concat(Array.from({ length: 17 }, (_, n) => noise(1 << 20, n + 1)));
  const ranges = (requests: readonly { from: number; to: number | undefined }[]) =>
    requests.map(({ from, to }) => [from >> 20, (to ?? 0) >> 20]).sort(([a = 0], [b = 0]) => a - b);
  const inCache = () => machine.files.list('/var/cache/bootstrap-agent/sha256');

  it.each([
    [
      'whose size the manifest tells',
      size,
      [
        [0, 4],
        [4, 8],
        [8, 12],
        [12, 16],
        [16, 17],
      ],
    ],
    [
      'whose size nobody told',
      undefined,
      [
        [0, 8],
        [8, 12],
        [12, 16],
        [16, 17],
      ],
    ],
  ])('%s comes in ranges, each pinned to the ETag of the first', async (_what, told, wanted) => {
    const step = { ...machine.publish(large, asFile), ...(told && { size: told }) };
    await machine.apply(step);
    const { requests } = machine.server;
    expect(ranges(requests)).toEqual(wanted);
    expect(
      requests.slice(1).every(({ ifMatch }) => ifMatch === `"${step.sha256.slice(0, 8)}"`),
    ).toBe(true);
    expect(await inCache()).toEqual([step.sha256]);
    expect(await machine.check(step)).toBeUndefined();
    expect(machine.progress.at(-1)).toEqual({ what: 'bytes', done: size, total: size });
  });

  it('that breaks off keeps what is there without a gap, for the next try', async () => {
    const step = { ...machine.publish(large, asFile), size };
    machine.server.fault = ({ from }) => (from === 8 << 20 ? 0 : undefined);
    await expect(machine.apply(step)).rejects.toThrow(
      'broke off at byte 8388608 of 17825792, 3 times',
    );
    // What came of the ranges before it by then, and nothing behind the first gap.
    const kept = readFileSync(partialOf(step.sha256));
    expect(kept.length).toBeLessThanOrEqual(8 << 20);
    expect(kept.equals(large.subarray(0, kept.length))).toBe(true);
    machine.server.fault = undefined;
    machine.server.requests.length = 0;
    await machine.apply(step);
    expect(Math.min(...machine.server.requests.map(({ from }) => from))).toBe(kept.length);
    expect(await machine.check(step)).toBeUndefined();
    expect(await inCache()).toEqual([step.sha256]);
  });

  it('that was being fetched when the agent was killed is not believed beyond its first gap', async () => {
    const step = { ...machine.publish(large, asFile), size };
    machine.server.fault = ({ from }) => (from === 8 << 20 ? 0 : undefined);
    await expect(machine.apply(step)).rejects.toThrow(UnavailableError);
    // As a killed process leaves it: all of a later range is there, a hole before it.
    const holed = Buffer.from(large).fill(0, 5 << 20, 8 << 20);
    writeFileSync(partialOf(step.sha256), holed);
    writeFileSync(`${partialOf(step.sha256)}.front`, `${String(5 << 20).padStart(15, '0')}\n`);
    machine.server.fault = undefined;
    machine.server.requests.length = 0;
    await machine.apply(step);
    expect(ranges(machine.server.requests)).toEqual([[5, 0]]);
    expect(await machine.check(step)).toBeUndefined();
  });

  it('that was being fetched when the power failed is fetched anew where the note was lost', async () => {
    const step = { ...machine.publish(large, asFile), size };
    machine.server.fault = ({ from }) => (from === 8 << 20 ? 0 : undefined);
    await expect(machine.apply(step)).rejects.toThrow(UnavailableError);
    writeFileSync(partialOf(step.sha256), Buffer.from(large).fill(0, 5 << 20, 8 << 20));
    writeFileSync(`${partialOf(step.sha256)}.front`, '');
    machine.server.fault = undefined;
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(await inCache()).toEqual([step.sha256]);
  });

  it('that is replaced in the middle is read from its first byte again', async () => {
    const step = { ...machine.publish(large, asFile), size };
    machine.server.objects.set('shop', { bytes: Buffer.alloc(size), etag: '"old"' });
    machine.server.fault = ({ from }) => {
      if (from !== 12 << 20) return undefined;
      machine.server.objects.set('shop', { bytes: large, etag: '"new"' });
      return undefined;
    };
    await machine.apply(step);
    expect(await machine.check(step)).toBeUndefined();
    expect(machine.server.requests.filter(({ from }) => from === 0)).toHaveLength(2);
  });

  it('with one wrong byte is refused, and leaves nothing', async () => {
    const step = { ...machine.publish(large, asFile), size };
    const bytes = Buffer.from(large);
    bytes[15 << 20] = (bytes[15 << 20] ?? 0) ^ 1;
    machine.server.objects.set('shop', { bytes, etag: '"spoilt"' });
    await expect(machine.apply(step)).rejects.toThrow(ConfigError);
    expect(await inCache()).toEqual([]);
    expect(await machine.files.list('/srv')).toEqual([]);
  });
});

it('leaves no bytes on a disk that became full under it', async () => {
  const step = machine.publish(object, asFile);
  const full = {
    ...boundFiles(machine.files),
    openSink: async (path: string) => {
      const sink = await machine.files.openSink(path);
      return {
        size: sink.size,
        read: sink.read.bind(sink),
        truncate: sink.truncate.bind(sink),
        close: sink.close.bind(sink),
        write: (bytes: Uint8Array, position: number) => {
          if (position > 1_000_000) throw new StepError('no space left');
          sink.write(bytes, position);
        },
      };
    },
  };
  await expect(machine.apply(step, { files: full })).rejects.toThrow('no space left');
  expect(await machine.files.list('/srv')).toEqual([]);
  expect(await machine.files.list('/var/cache/bootstrap-agent/sha256')).toEqual([]);
});

it('takes more bytes than announced as a broken answer', async () => {
  const step = machine.publish(object, asFile);
  const open = machine.server.store.open;
  machine.server.store.open = async (...asked) => ({
    ...(await open(...asked)),
    size: 1000,
    end: 1000,
  });
  await expect(machine.apply(step)).rejects.toThrow('more bytes came than the 1000 announced');
});

it('stops with the reason of the signal, and a second apply heals', async () => {
  const step = machine.publish(object, asFile);
  const abort = new AbortController();
  const reason = new Error('the deadline of the boot');
  const open = machine.server.store.open;
  machine.server.store.open = async (...asked) => {
    const stream = await open(...asked);
    setImmediate(() => abort.abort(reason));
    return stream;
  };
  await expect(machine.apply(step, { signal: abort.signal })).rejects.toBe(reason);
  expect(await machine.files.list('/srv')).toEqual([]);
  await expect(machine.apply(step, { signal: abort.signal })).rejects.toBe(reason);
  machine.server.store.open = open;
  await machine.apply(step);
  expect(await machine.check(step)).toBeUndefined();
});

it('gives the same file wherever, and however often, the connection is cut', async () => {
  const bytes = noise(1_300_000, 3);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 1_300_000 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 100_000 }),
      async (cuts, pieces) => {
        const step = machine.publish(bytes, asFile);
        const left = [...cuts];
        machine.server.fault = () => left.shift();
        machine.server.pieces = Math.max(pieces, 2000);
        // As the engine does: again while it is unavailable.
        for (;;) {
          try {
            await machine.apply(step);
            break;
          } catch (error) {
            if (!(error instanceof UnavailableError)) throw error;
          }
        }
        expect((await machine.files.read(step.path))?.equals(bytes)).toBe(true);
        await machine.files.remove(step.path);
        await machine.files.remove(cachePath(step.sha256));
      },
    ),
    { numRuns: 20 },
  );
});
