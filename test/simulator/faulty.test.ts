import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, fasterClock, systemClock } from '../../src/clock.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import { answerWith, faultsFor } from '../../src/simulator/faulty.ts';

const body = 'the whole body';
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

interface Got {
  readonly status: number;
  readonly body: string;
  readonly error: string | undefined;
}

/** A server that answers everything with `body`, under the given faults; `done` counts what was really done. */
async function serve(faults: readonly Fault[], clock: Clock = systemClock) {
  const armed = faultsFor(faults, clock);
  const closing = new AbortController();
  const seen = { done: 0, sent: [] as number[] };
  const server = http.createServer(async (request, response) => {
    const sent = await answerWith({
      response,
      fault: armed.befalling(`test:${(request.url ?? '').slice(1)}`),
      clock,
      signal: closing.signal,
      answer: () => {
        seen.done += 1;
        return { status: 200, headers: { 'x-kind': 'good' }, body };
      },
      refuse: ({ status, code }) => ({ status, body: `refused ${code ?? ''}` }),
    });
    seen.sent.push(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: false });
  const close = () => {
    closing.abort(new Error('closing'));
    server.closeAllConnections();
    server.close();
  };
  open.push(close);
  const get = (path: string, signal?: AbortSignal) =>
    new Promise<Got>((resolve) => {
      let got = '';
      let status = 0;
      const end = (error?: Error) =>
        resolve({
          status,
          body: got,
          error: error && String((error as NodeJS.ErrnoException).code),
        });
      const request = http.get({ host: '127.0.0.1', port, path, agent, ...(signal && { signal }) });
      request.on('error', end);
      request.on('response', (response) => {
        status = response.statusCode ?? 0;
        response.on('data', (piece) => {
          got += piece;
        });
        response.on('error', end);
        response.on('end', () => end());
      });
    });
  return { get, seen, close };
}

describe('which fault befalls a request', () => {
  const names = (on: string, ...asked: string[]) => {
    const faults = faultsFor([{ on, do: 'reset' }], systemClock);
    return asked.map((name) => faults.befalling(name) !== undefined);
  };

  it('takes a service, an operation, a subject, and * for any characters', () => {
    expect(names('imds', 'imds:user-data', 'imds:a/b:c', 'imdsx:user-data', 's3:x')).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(names('imds:user-data', 'imds:user-data', 'imds:user-data2')).toEqual([true, false]);
    expect(
      names('imds:meta-data/tags/*', 'imds:meta-data/tags/instance/aws:a', 'imds:meta-data'),
    ).toEqual([true, false]);
    expect(names('s3:GetObject', 's3:GetObject:bucket/key', 's3:PutObject:bucket/key')).toEqual([
      true,
      false,
    ]);
    expect(names('s3:GetObject:*/a.b', 's3:GetObject:x/y/a.b', 's3:GetObject:x/a-b')).toEqual([
      true,
      false,
    ]);
    expect(names('autoscaling:*', 'autoscaling:CompleteLifecycleAction', 'ec2:x')).toEqual([
      true,
      false,
    ]);
  });

  it('counts skip and times, and goes on to the next in the list', () => {
    const faults = faultsFor(
      [
        { on: 'imds', do: { status: 503 }, skip: 1, times: 2 },
        { on: 'imds:a', do: 'reset', times: 1 },
      ],
      systemClock,
    );
    const kinds = Array.from({ length: 5 }, () => faults.befalling('imds:a')?.do);
    expect(kinds).toEqual(['reset', { status: 503 }, { status: 503 }, undefined, undefined]);
  });

  it('ends at until_seconds by the clock', () => {
    let ms = 5000;
    const clock: Clock = { ...systemClock, monotonic: () => ms };
    const faults = faultsFor([{ on: 'imds', do: 'hang', until_seconds: 10 }], clock);
    ms = 14_999;
    expect(faults.befalling('imds:a')).toBeDefined();
    ms = 15_000;
    expect(faults.befalling('imds:a')).toBeUndefined();
  });
});

describe('what a fault does on the wire', () => {
  it('answers correctly without one', async () => {
    const { get, seen } = await serve([]);
    expect(await get('/a')).toEqual({ status: 200, body, error: undefined });
    expect(seen).toEqual({ done: 1, sent: [200] });
  });

  it('reset and hang: nothing done, nothing answered', async () => {
    const { get, seen } = await serve([
      { on: 'test:a', do: 'reset' },
      { on: 'test:b', do: 'hang' },
    ]);
    expect(await get('/a')).toMatchObject({ status: 0, error: 'ECONNRESET' });
    const giveUp = new AbortController();
    const hanging = get('/b', giveUp.signal);
    await get('/c');
    giveUp.abort();
    expect(await hanging).toMatchObject({ status: 0, error: 'ABORT_ERR' });
    expect(seen.done).toBe(1);
  });

  it('a status: in the words of the service, nothing done', async () => {
    const { get, seen } = await serve([{ on: 'test', do: { status: 503, code: 'SlowDown' } }]);
    expect(await get('/a')).toEqual({ status: 503, body: 'refused SlowDown', error: undefined });
    expect(seen).toEqual({ done: 0, sent: [503] });
  });

  it('lose-answer: done, not answered', async () => {
    const { get, seen } = await serve([{ on: 'test', do: 'lose-answer' }]);
    expect(await get('/a')).toMatchObject({ status: 0, error: 'ECONNRESET' });
    expect(seen).toEqual({ done: 1, sent: [0] });
  });

  it.each([0, 5])('truncate_at %i: the headers and so many bytes, then the end', async (at) => {
    const { get } = await serve([{ on: 'test', do: { truncate_at: at } }]);
    expect(await get('/a')).toEqual({ status: 200, body: body.slice(0, at), error: 'ECONNRESET' });
  });

  it('corrupt_at: one byte differs, the last one where the body is shorter', async () => {
    const { get } = await serve([
      { on: 'test:a', do: { corrupt_at: 4 } },
      { on: 'test:b', do: { corrupt_at: 999 } },
    ]);
    const differing = async (path: string) => {
      const got = await get(path);
      return [...body].flatMap((character, at) => (got.body[at] === character ? [] : [at]));
    };
    expect(await differing('/a')).toEqual([4]);
    expect((await differing('/b'))[0]).toBe(body.length - 1);
  });

  it('delay_ms and bytes_per_second: whole and correct, by the clock', async () => {
    const waits: number[] = [];
    let now = 0;
    const clock: Clock = {
      ...fasterClock(1000),
      monotonic: () => now,
      // The first one of the trickle takes longer than asked for, which the one after it makes good.
      sleep: async (ms) => {
        waits.push(ms);
        now += waits.length === 3 ? ms + 100 : ms;
      },
    };
    const { get } = await serve(
      [
        { on: 'test:a', do: { delay_ms: 700 } },
        { on: 'test:b', do: { bytes_per_second: 4, delay_ms: 300 } },
      ],
      clock,
    );
    expect((await get('/a')).body).toBe(body);
    expect(waits).toEqual([700]);
    expect((await get('/b')).body).toBe(body);
    expect(waits[1]).toBe(300);
    const [first, second, ...others] = waits.slice(2);
    expect([first, second]).toEqual([250, 150]);
    expect(others).toEqual(Array.from(body.slice(2), () => 250));
  });

  it('ends delays and slow bodies when the service closes', async () => {
    const { get, close } = await serve([
      { on: 'test:a', do: { delay_ms: 3_600_000 } },
      { on: 'test:b', do: { bytes_per_second: 0.001 } },
    ]);
    const both = [get('/a'), get('/b')];
    await get('/c');
    close();
    for (const got of await Promise.all(both)) expect(got.error).toBe('ECONNRESET');
  });
});
