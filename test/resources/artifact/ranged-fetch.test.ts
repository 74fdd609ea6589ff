import { describe, expect, it } from 'vitest';
import type { ObjectStream } from '../../../src/aws/aws.ts';
import { ConfigError, UnavailableError } from '../../../src/errors.ts';
import { RangedFetch } from '../../../src/resources/artifact/ranged-fetch.ts';
import type { Range } from '../../../src/resources/artifact/ranges.ts';
import fc from '../../random-examples.ts';
import { noise } from './rig.ts';

const object = noise(64_000);

interface Served {
  /** Bytes after which the answer breaks off; all of it where absent. */
  readonly cutAfter?: number;
  readonly refuse?: Error;
  /** Turns of the event loop before each piece. */
  readonly turns?: number;
  readonly extra?: boolean;
}

/** A fetch of `object` in ranges of `step` bytes, answered as `serve` says, by number of the request, 0 the first. */
function fetching(step: number, serve: (request: number, range: Range) => Served = () => ({})) {
  const file = Buffer.alloc(object.length, 0xee);
  const opened: Range[] = [];
  const abort = new AbortController();
  let open = 0;
  let mostOpen = 0;
  const answer = (range: Range): ObjectStream => {
    const served = serve(opened.length, range);
    opened.push(range);
    if (served.refuse !== undefined) throw served.refuse;
    return {
      etag: '"e"',
      size: object.length,
      end: range.to,
      body: body(range, served),
    };
  };
  async function* body(range: Range, { cutAfter, turns = 0, extra }: Served) {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    try {
      const bytes = object.subarray(range.from, range.to);
      const whole = extra ? Buffer.concat([bytes, Buffer.from('!')]) : bytes;
      const end = Math.min(cutAfter ?? whole.length, whole.length);
      for (let at = 0; at < end; at += 700) {
        for (let n = 0; n < turns; n += 1) await new Promise(setImmediate);
        abort.signal.throwIfAborted();
        yield whole.subarray(at, Math.min(at + 700, end));
      }
      if (end < whole.length) throw new UnavailableError('the connection broke');
    } finally {
      open -= 1;
    }
  }
  const ranges: Range[] = [];
  for (let from = 0; from < object.length; from += step) {
    ranges.push({ from, to: Math.min(from + step, object.length) });
  }
  const fetch = new RangedFetch({
    ranges,
    first: answer(ranges[0] as Range),
    open: async (range, signal) => {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      return answer(range);
    },
    write: (bytes, position) => void file.set(bytes, position),
    signal: abort.signal,
    what: 's3://acme/shop',
    worthwhile: 1000,
    mostCuts: 3,
  });
  const read = async () => {
    let position = 0;
    while (position < object.length) {
      const front = await fetch.beyond(position);
      expect(front).toBeGreaterThan(position);
      expect(file.subarray(0, front).equals(object.subarray(0, front))).toBe(true);
      position = front;
    }
    expect(fetch.received).toBeGreaterThanOrEqual(object.length);
  };
  return { fetch, file, opened, abort, read, mostOpen: () => mostOpen };
}

it('brings all ranges, each asked for once', async () => {
  const { fetch, opened, read, file } = fetching(4000);
  await read();
  await fetch.close();
  expect(file.equals(object)).toBe(true);
  expect(opened.map(({ from }) => from).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 16 }, (_, at) => at * 4000),
  );
});

describe('connections', () => {
  it('are few while nobody waits for bytes', async () => {
    const { fetch, mostOpen } = fetching(1000, () => ({ turns: 2 }));
    // Nobody asks: what unpacks is busy with something else.
    while (fetch.received < object.length) await new Promise(setImmediate);
    expect(mostOpen()).toBeGreaterThan(1);
    expect(mostOpen()).toBeLessThanOrEqual(4);
    await fetch.close();
  });

  it('become more while somebody waits for bytes, but not any number', async () => {
    const { read, fetch, mostOpen } = fetching(1000, () => ({ turns: 3 }));
    await read();
    await fetch.close();
    expect(mostOpen()).toBeGreaterThan(4);
    expect(mostOpen()).toBeLessThanOrEqual(16);
  });

  it('that AWS refuses leave their range to the others', async () => {
    const { read, fetch, mostOpen } = fetching(1000, (request) =>
      request === 0 || request > 3
        ? { turns: 3 }
        : { refuse: new UnavailableError('503 SlowDown') },
    );
    await read();
    await fetch.close();
    expect(mostOpen()).toBe(1);
  });

  it('that are all refused end the fetch, with what came before', async () => {
    const { read, fetch } = fetching(1000, (request) =>
      request < 6 ? {} : { refuse: new UnavailableError('503 SlowDown') },
    );
    await expect(read()).rejects.toThrow('503 SlowDown');
    await fetch.close();
    expect(fetch.front).toBeGreaterThanOrEqual(1000);
  });
});

it('is ended by any other error of one of them', async () => {
  const { read, fetch } = fetching(1000, (request) =>
    request === 3 ? { refuse: new ConfigError('403') } : { turns: 1 },
  );
  await expect(read()).rejects.toThrow(ConfigError);
  await fetch.close();
});

it('gives a range up that breaks off again and again without progress', async () => {
  const { read, fetch } = fetching(8000, (_request, { from }) =>
    from === 8000 ? { cutAfter: 0 } : {},
  );
  await expect(read()).rejects.toThrow(
    'the download of s3://acme/shop broke off at byte 8000 of 64000, 3 times in a row: the connection broke',
  );
  await fetch.close();
  expect(fetch.front).toBe(8000);
});

it('takes more bytes than asked for as a broken answer', async () => {
  const { read, fetch } = fetching(4000, (_request, { from }) =>
    from === 4000 ? { extra: true } : {},
  );
  await read();
  await fetch.close();
  const broken = fetching(32_500, () => ({ extra: true }));
  // Of the last piece, which is too long, nothing is taken; then it comes alone, again too long, and again.
  await expect(broken.read()).rejects.toThrow('more bytes came than up to 32500');
  await broken.fetch.close();
});

it('writes nothing any more once it is closed, and an abort is told with its reason', async () => {
  const { fetch, file, abort } = fetching(1000, () => ({ turns: 1 }));
  await fetch.beyond(0);
  const reason = new Error('the deadline of the boot');
  abort.abort(reason);
  await expect(fetch.beyond(object.length)).rejects.toBe(reason);
  await fetch.close();
  const then = Buffer.from(file);
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  expect(file.equals(then)).toBe(true);
});

it('brings the same bytes whatever breaks where', async () => {
  const served = fc.record({
    cutAfter: fc.option(fc.nat({ max: 5000 }), { nil: undefined }),
    refused: fc.boolean(),
    turns: fc.nat({ max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 900, max: 30_000 }),
      fc.array(served, { maxLength: 20 }),
      async (step, faults) => {
        const { read, fetch, file } = fetching(step, (request) => {
          const { cutAfter, refused = false, turns = 0 } = faults[request] ?? {};
          return {
            turns,
            ...(cutAfter !== undefined && { cutAfter }),
            ...(refused && request > 0 && { refuse: new UnavailableError('503') }),
          };
        });
        const outcome = await read().catch((error: unknown) => error);
        await fetch.close();
        if (outcome === undefined) expect(file.equals(object)).toBe(true);
        else expect(outcome).toBeInstanceOf(UnavailableError);
        // Either way: what is said to be there is there.
        const { front } = fetch;
        expect(file.subarray(0, front).equals(object.subarray(0, front))).toBe(true);
      },
    ),
  );
});
