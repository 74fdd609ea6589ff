import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { StepError, UnavailableError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import {
  type AwaitHealthyOptions,
  awaitHealthy,
  pausesOf,
} from '../../src/health/await-healthy.ts';
import { verdictOnFailure } from '../../src/health/verdict.ts';
import type { Finished, Host } from '../../src/host/host.ts';
import type { Probe } from '../../src/plan/plan.ts';
import { virtualClock } from '../virtual-clock.ts';
import { command, host, http, tcp } from './probes.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that answers with these codes in turn, the last one for ever. */
async function answering(...codes: number[]): Promise<number> {
  let asked = 0;
  const server = createServer((_request, response) => {
    response.writeHead(codes[Math.min(asked, codes.length - 1)] ?? 200).end();
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** Waits on the real clock, with loopback servers, unless told otherwise. */
async function wait(probes: readonly Probe[], more: Partial<AwaitHealthyOptions> = {}) {
  const told: Extract<Happening, { type: 'probe-answered' }>[] = [];
  const verdict = await awaitHealthy(probes, {
    host: host(),
    clock: systemClock,
    tell: (happening) => {
      if (happening.type === 'probe-answered') told.push(happening);
    },
    signal: new AbortController().signal,
    ...more,
  });
  return { verdict, told };
}

/** A host whose commands exit with these codes in turn, the last one for ever; a negative one hangs. */
function exiting(...codes: number[]): Host {
  let asked = 0;
  return host((_argv, options) => {
    const exitCode = codes[Math.min(asked, codes.length - 1)] ?? 0;
    asked += 1;
    return new Promise<Finished>((resolve, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
      if (exitCode >= 0) resolve({ exitCode, stdout: '', stderr: '', timedOut: false });
    });
  });
}

describe('CONTINUE', () => {
  test('without probes, and says so', async () => {
    const { verdict } = await wait([]);
    expect(verdict).toEqual({ result: 'CONTINUE', because: 'no probes in the role' });
  });

  test('when all probes are healthy', async () => {
    const [one, two] = [await answering(503, 200), await answering(200)];
    const { verdict } = await wait([http(one), tcp(two)]);
    expect(verdict).toEqual({
      result: 'CONTINUE',
      because: `http:${one}: answered 200; tcp:${two}: connected`,
    });
  });

  test('after so many successes in a row, not in all', async () => {
    const port = await answering(200, 200, 503, 200, 200, 200);
    const { verdict, told } = await wait([http(port, { successes: 3 })]);
    expect(verdict.result).toBe('CONTINUE');
    expect(told.map(({ ok, inARow, wanted }) => [ok, inARow, wanted])).toEqual([
      [true, 1, 3],
      [false, 0, 3],
      [true, 1, 3],
      [true, 3, 3],
    ]);
  });
});

describe('the pace', () => {
  test('of a command: fast at first, then slower up to the interval', async () => {
    const clock = virtualClock();
    const times: number[] = [];
    await wait([command(['x'], { intervalSeconds: 0.1, deadlineSeconds: 0.8 })], {
      clock,
      host: exiting(1),
      asked: () => times.push(Math.round(clock.monotonic())),
    });
    expect(times.slice(0, 8)).toEqual([0, 25, 50, 75, 100, 125, 150, 180]);
    expect(times.slice(-3)).toEqual([537, 637, 737]);
  });

  test('of a request: later by a twentieth of what was waited, or by a hundredth of a second', () => {
    const pauses = pausesOf(tcp(1, { intervalSeconds: 5 }));
    let waitedMs = 0;
    let asked = 0;
    for (; waitedMs < 60_000; asked += 1) {
      const ms = pauses.next().value;
      expect(ms).toBeCloseTo(Math.max(10, Math.min(waitedMs / 20, 5000)));
      waitedMs += ms;
    }
    expect(asked).toBeLessThan(150);
  });

  test('equal answers are told at first and then every tenth', async () => {
    const asked: number[] = [];
    const { told } = await wait([command(['x'], { intervalSeconds: 1, deadlineSeconds: 40 })], {
      clock: virtualClock(),
      host: exiting(1),
      asked: () => asked.push(1),
    });
    expect(asked.length).toBeGreaterThan(40);
    expect(told.length).toBe(Math.ceil(asked.length / 10));
  });
});

describe('ABANDON', () => {
  test('when a deadline has passed: the probe, what it wanted, and the last answer', async () => {
    const { verdict } = await wait(
      [
        http(80, {
          id: 'http:front',
          deadlineSeconds: 0.5,
          timeoutSeconds: 5,
          path: '/up',
          host: 'shop',
          codes: '200-299',
        }),
      ],
      { host: refusing() },
    );
    expect(verdict).toMatchObject({
      result: 'ABANDON',
      because:
        'http:front wanted 200-299 from GET http://shop:80/up; last answer after 1 s: connection refused on port 80: nothing listens',
    });
    expect(verdict.error).toBeInstanceOf(StepError);
    expect(verdict.error?.message).toBe(verdict.because);
  });

  test.each([
    [
      tcp(80, { successes: 2, deadlineSeconds: 0.1 }),
      'tcp:80 wanted a connection to port 80 2 times in a row; last',
    ],
    [
      command(['check', '-q'], { deadlineSeconds: 0.1 }),
      'command:check wanted exit code 0 from check -q; last answer',
    ],
  ] as [Probe, string][])('in the words of each kind', async (probe, words) => {
    const machine = { ...refusing(), run: exiting(3).run };
    const { verdict } = await wait([probe], { host: machine });
    expect(verdict.because).toContain(words);
  });

  test('when one of several is not healthy, and the others are stopped', async () => {
    const clock = virtualClock();
    let flaps = 0;
    const machine = host(async ([program]) => {
      if (program === 'flap') flaps += 1;
      const exitCode = program === 'flap' ? flaps % 2 : 1;
      return { exitCode, stdout: '', stderr: '', timedOut: false };
    });
    const flapping = command(['flap'], { successes: 2, deadlineSeconds: 900 });
    const bad = command(['bad'], { deadlineSeconds: 3 });
    const { verdict } = await wait([flapping, bad], { clock, host: machine });
    expect(verdict.because).toMatch(/^command:bad wanted/);
    expect(flaps).toBeGreaterThan(10);
    const before = flaps;
    await clock.sleep(10_000);
    expect(flaps).toBe(before);
  });

  test('a try that gets no answer ends after its timeout, and the wait at the deadline', async () => {
    const clock = virtualClock();
    const { verdict, told } = await wait(
      [command(['x'], { timeoutSeconds: 2, deadlineSeconds: 5 })],
      {
        clock,
        host: exiting(-1),
      },
    );
    expect(told[0]?.detail).toBe('no answer within 2 s');
    expect(verdict.because).toMatch(/last answer after 5 s: no answer within 2 s$/);
    expect(clock.monotonic()).toBe(5_000);
  });

  test('no answer at all before a deadline shorter than one try', async () => {
    const { verdict } = await wait([command(['x'], { timeoutSeconds: 9, deadlineSeconds: 5 })], {
      clock: virtualClock(),
      host: exiting(-1),
    });
    expect(verdict.because).toMatch(/last answer after 5 s: none$/);
  });

  test('the deadline counts from the moment given', async () => {
    const clock = virtualClock();
    await clock.sleep(8_000);
    await wait([command(['x'], { deadlineSeconds: 10 })], { clock, host: exiting(1), since: 0 });
    expect(clock.monotonic()).toBe(10_000);
  });

  test('at the deadline, with what the node itself says about it', async () => {
    const probe = command(['x'], { deadlineSeconds: 10 });
    const options = { clock: virtualClock(), host: exiting(1) };
    const explain = async () => 'its journal says last:\n  schema 41 is older than 42';
    const { verdict } = await wait([probe], { ...options, explain });
    expect(verdict.because).toContain('wanted exit code 0 from x');
    expect(verdict.because).toContain('schema 41 is older than 42');
    const failing = () => Promise.reject(new StepError('cannot run journalctl'));
    const unexplained = await wait([probe], {
      ...options,
      clock: virtualClock(),
      explain: failing,
    });
    expect(unexplained.verdict.because).toContain('cannot run journalctl');
    expect(unexplained.verdict.because).toContain('wanted exit code 0 from x');
  });

  test('as soon as the unit is known to be dead', async () => {
    const clock = virtualClock();
    let looks = 0;
    const { verdict } = await wait([command(['x'], { intervalSeconds: 5, deadlineSeconds: 300 })], {
      clock,
      host: exiting(1),
      alive: async () => {
        looks += 1;
        return looks < 3 ? undefined : 'shop.service failed: exit code 1';
      },
    });
    expect(verdict).toMatchObject({
      result: 'ABANDON',
      because: 'shop.service failed: exit code 1',
    });
    expect(verdict.error).toBeInstanceOf(StepError);
    expect(clock.monotonic()).toBe(3_000);
  });

  test('when aborted from outside, with the reason and its kind', async () => {
    const stop = new AbortController();
    const reason = new UnavailableError('the boot took too long');
    const port = await answering(503);
    const waiting = wait([http(port)], { signal: stop.signal, asked: () => stop.abort(reason) });
    expect((await waiting).verdict).toEqual({
      result: 'ABANDON',
      because: 'the boot took too long',
      error: reason,
    });
  });

  test('aborted with something that is no error', async () => {
    const { verdict } = await wait([tcp(1)], { signal: AbortSignal.abort('SIGTERM') });
    expect(verdict).toMatchObject({ result: 'ABANDON', because: 'SIGTERM' });
    expect(verdict.error).toBeInstanceOf(StepError);
  });

  test('a bug stays what it is', async () => {
    const bug = new TypeError('x is not a function');
    const { verdict } = await wait([command(['x'])], { host: host(() => Promise.reject(bug)) });
    expect(verdict.error).toBe(bug);
  });
});

test('the verdict on a failed step names the step once', () => {
  const named = new StepError('file:/x is not as wanted');
  expect(verdictOnFailure({ step: 'file:/x', error: named })).toEqual({
    result: 'ABANDON',
    because: 'file:/x is not as wanted',
    error: named,
  });
  const unnamed = new StepError('denied');
  expect(verdictOnFailure({ step: 'file:/x', error: unnamed }).because).toBe('file:/x: denied');
});

/** A host on which nothing listens: on loopback, port 1 (tcpmux) is nobody's. */
function refusing(): Host {
  return { ...host(), reach: () => ({ host: '127.0.0.1', port: 1 }) };
}
