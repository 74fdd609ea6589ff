import { describe, expect, test } from 'vitest';
import { ConfigError, StepError, UnavailableError } from '../../src/errors.ts';
import type { Staleness } from '../../src/resources/resource.ts';
import type { ResourceTable } from '../../src/resources/table.ts';
import { virtualClock } from '../virtual-clock.ts';
import { type Behaviour, changing, drift, packageStep, play, step } from './steps.ts';

const byId = (report: Awaited<ReturnType<typeof play>>['report']) =>
  Object.fromEntries(report.steps.map(({ id, outcome }) => [id, outcome]));

describe('a plan that goes well', () => {
  test('tells what was changed from what was so already', async () => {
    const { report, events } = await play([step('a'), step('b', ['a'])], {
      behaviours: { b: changing() },
    });
    expect(report.outcome).toBe('done');
    expect(report.failure).toBeUndefined();
    expect(byId(report)).toEqual({ a: 'unchanged', b: 'changed' });
    expect(report.steps[1]).toMatchObject({ attempts: 1, heldUpBy: 'a', drift: drift() });
    expect(events.map(({ type }) => type)).toEqual([
      'step-started',
      'step-finished',
      'step-started',
      'step-applying',
      'step-finished',
    ]);
    expect(events[2]).toMatchObject({ step: 'b', heldUpBy: 'a' });
    expect(events[3]).toMatchObject({ differences: ['content is absent, wanted new'] });
  });

  test('an empty plan is done', async () => {
    const { report } = await play([]);
    expect(report).toMatchObject({ outcome: 'done', steps: [] });
  });

  test('names the need that finished last as what held a step up', async () => {
    const clock = virtualClock();
    const { report } = await play([step('slow'), step('quick'), step('last', ['slow', 'quick'])], {
      clock,
      behaviours: {
        slow: changing(() => clock.sleep(50)),
        quick: changing(() => clock.sleep(5)),
      },
    });
    expect(report.steps[2]).toMatchObject({ id: 'last', heldUpBy: 'slow' });
    expect((report.steps[2]?.startedAt ?? 0) - report.startedAt).toBe(50);
  });

  test('a step that waited for a place among those of its kind tells for how long', async () => {
    const clock = virtualClock();
    const behaviours = { p: changing(() => clock.sleep(40)), q: changing() };
    const { events } = await play(['p', 'q'].map(packageStep), { clock, behaviours });
    const started = events.filter(({ type }) => type === 'step-started');
    expect(started).toMatchObject([{ step: 'p' }, { step: 'q', queuedMs: 40 }]);
    expect(started[0]).not.toHaveProperty('queuedMs');
  });

  test('a step that somebody else locked out tells for how long, and on what', async () => {
    const clock = virtualClock();
    const locked: Behaviour['apply'] = async ({ progress }) => {
      for (const _ of [1, 2]) {
        progress({ what: 'waiting', on: 'the lock' });
        await clock.sleep(30);
      }
      progress({ what: 'resumed' });
      progress({ what: 'resumed' });
    };
    const { events } = await play([step('a')], { clock, behaviours: { a: changing(locked) } });
    expect(events.filter(({ type }) => type === 'step-waited')).toMatchObject([
      { step: 'a', on: 'the lock', ms: 60 },
    ]);
  });

  test('two packages are never at work together, four commands are', async () => {
    const clock = virtualClock();
    let atWork = 0;
    let most = 0;
    const work: Behaviour['apply'] = async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await clock.sleep(10);
      atWork -= 1;
    };
    const packages = ['p', 'q', 'r'].map(packageStep);
    const behaviours = Object.fromEntries('pqr'.split('').map((id) => [id, changing(work)]));
    await play(packages, { clock, behaviours });
    expect(most).toBe(1);

    most = 0;
    const commands = [...'abcdefgh'].map((id) => ({ ...step(id), kind: 'command' }) as never);
    const all = Object.fromEntries([...'abcdefgh'].map((id) => [id, changing(work)]));
    await play(commands, { clock, behaviours: all });
    expect(most).toBe(4);
  });

  test('nothing is applied before the journal has it on disk', async () => {
    const order: string[] = [];
    await play([step('a')], {
      behaviours: { a: changing(() => void order.push('applied')) },
      listeners: [(event) => void order.push(event.type)],
      journal: {
        settled: async () => void order.push('on disk'),
        earlier: { steps: new Map() },
      },
    });
    expect(order).toEqual(['step-started', 'step-applying', 'on disk', 'applied', 'step-finished']);
  });

  test('a journal that cannot be written stops the step before it changes anything', async () => {
    let applied = false;
    const full = new StepError('no space left on the file system that holds /var/lib');
    const { report } = await play([step('a')], {
      behaviours: {
        a: changing(() => {
          applied = true;
        }),
      },
      journal: { settled: () => Promise.reject(full), earlier: { steps: new Map() } },
    });
    expect(report.failure).toEqual({ step: 'a', error: full });
    expect(applied).toBe(false);
  });

  test('bytes are told ten times a second at most, the last ones always, and every one moves the pulse', async () => {
    const clock = virtualClock();
    const { events, pulse } = await play([step('a')], {
      clock,
      behaviours: {
        a: changing(async ({ progress }) => {
          for (let done = 1; done <= 100; done += 1) {
            await clock.sleep(10);
            progress({ what: 'bytes', done, total: 100 });
          }
          progress({ what: 'line', line: 'unpacked' });
          await clock.sleep(500);
        }),
      },
    });
    const told = events.flatMap((event) => (event.type === 'step-progress' ? [event] : []));
    expect(told).toHaveLength(12);
    expect(told.at(-2)).toMatchObject({ bytes: 100, total: 100 });
    expect(told.at(-1)).toMatchObject({ line: 'unpacked' });
    expect(pulse.progressed()).toBe(1500);
  });
});

describe('a step that restarts on others', () => {
  const stale = (seen: Staleness[]): Behaviour => ({
    check: (situation) => {
      seen.push(situation.stale);
      return situation.stale ? drift('state', 'running', 'restarted') : undefined;
    },
  });

  test('is stale when one of them changed, and checked again as not stale', async () => {
    const seen: Staleness[] = [];
    const { report } = await play([step('conf'), step('app', ['conf'], ['conf'])], {
      behaviours: { conf: changing(), app: stale(seen) },
    });
    expect(seen).toEqual([true, false]);
    expect(byId(report)).toEqual({ conf: 'changed', app: 'changed' });
  });

  test('is not stale when none of them changed', async () => {
    const seen: Staleness[] = [];
    await play([step('conf'), step('other'), step('app', ['conf', 'other'], ['conf'])], {
      behaviours: { other: changing(), app: stale(seen) },
    });
    expect(seen).toEqual([false]);
  });

  test.each([
    ['killed before the restart', { conf: [3, 4], app: [1, 2] }, true],
    ['killed while changing', { conf: [3, 0], app: [0, 0] }, true],
    ['restarted since', { conf: [3, 4], app: [5, 6] }, false],
    ['found as wanted since', { conf: [3, 4], app: [0, 5] }, false],
  ])('by the journal of an earlier run of this boot: %s', async (_name, history, expected) => {
    const seen: Staleness[] = [];
    const steps = new Map(
      Object.entries(history).map(([id, [applying = 0, succeeded = 0]]) => [
        id,
        { applying, succeeded },
      ]),
    );
    await play([step('conf'), step('app', ['conf'], ['conf'])], {
      behaviours: { app: stale(seen) },
      journal: { settled: async () => undefined, earlier: { steps } },
    });
    expect(seen[0]).toBe(expected);
  });
});

describe('a service that takes some changes in by a reload', () => {
  const proxy = {
    ...packageStep('proxy'),
    kind: 'service' as const,
    needs: ['conf', 'secret'],
    restartOn: ['conf', 'secret'],
    reloadOn: ['conf'],
    unit: 'proxy.service',
    enable: false,
    state: 'started' as const,
    credentials: {},
    timeoutSeconds: 1,
  };

  test.each([
    ['only those', { conf: changing() }, 'reload'],
    ['others', { secret: changing() }, true],
    ['both', { conf: changing(), secret: changing() }, true],
    ['nothing', {}, false],
  ])('is told so when what changed is: %s', async (_name, behaviours, expected) => {
    const seen: Staleness[] = [];
    await play([step('conf'), step('secret'), proxy], {
      behaviours: { ...behaviours, proxy: { check: ({ stale }) => void seen.push(stale) } },
    });
    expect(seen[0]).toBe(expected);
  });
});

describe('a step that fails', () => {
  test('with drift left after applying: what the machine says of it is in the message', async () => {
    const resource = {
      check: async () => drift('state', 'failed', 'started'),
      apply: async () => undefined,
      explain: async () => 'its journal says last:\n  address in use',
    };
    const resources = new Proxy({} as ResourceTable, { get: () => resource });
    const { report } = await play([step('a')], { resources });
    expect(report.failure?.error.message).toMatch(
      /^a is not as wanted .*\nits journal says last:\n {2}address in use$/,
    );
  });

  test('with drift left after applying: the aspects are named, wanted and found', async () => {
    const { report } = await play([step('a')], {
      behaviours: { a: { check: () => drift('mode', '0600', '0644') } },
    });
    expect(report.outcome).toBe('failed');
    expect(report.failure?.error).toBeInstanceOf(StepError);
    expect(report.failure?.error.message).toBe(
      'a is not as wanted even after it was applied: mode is 0600, wanted 0644 (in the role: files.a)',
    );
  });

  test.each([
    ['a configuration error', new ConfigError('edit this')],
    ['a bug', new TypeError('x is not a function')],
  ])('%s stays what it is, stops the others and skips what needed it', async (_name, error) => {
    const clock = virtualClock();
    const steps = [step('bad'), step('long'), step('after', ['bad']), step('later', ['long'])];
    const { report, events } = await play(steps, {
      clock,
      behaviours: {
        bad: changing(async () => {
          await clock.sleep(5);
          throw error;
        }),
        long: changing(({ signal }) => clock.sleep(60_000, signal)),
      },
    });
    expect(report.failure).toEqual({ step: 'bad', error });
    expect(byId(report)).toEqual({
      bad: 'failed',
      long: 'failed',
      after: 'skipped',
      later: 'skipped',
    });
    expect(report.steps[1]?.error).toBe('stopped because of bad');
    expect(report.steps[2]).not.toHaveProperty('startedAt');
    expect(report.finishedAt - report.startedAt).toBe(5);
    expect(events.filter(({ type }) => type === 'step-finished')).toHaveLength(4);
  });

  test('something that is no error is wrapped', async () => {
    const { report } = await play([step('a')], {
      behaviours: {
        a: {
          check: () => {
            throw 'a string';
          },
        },
      },
    });
    expect(report.failure?.error).toMatchObject({ message: 'a string', cause: 'a string' });
  });

  test('another that ends well while stopping is reported as it is; one with a fault of its own as well', async () => {
    const clock = virtualClock();
    const { report } = await play([step('bad'), step('quick'), step('sour')], {
      clock,
      behaviours: {
        bad: changing(async () => {
          await clock.sleep(5);
          throw new StepError('first');
        }),
        quick: changing(() => clock.sleep(10)),
        sour: changing(async () => {
          await clock.sleep(12);
          throw new StepError('second');
        }),
      },
    });
    expect(report.failure?.error.message).toBe('first');
    expect(byId(report)).toEqual({ bad: 'failed', quick: 'changed', sour: 'failed' });
    expect(report.steps[2]?.error).toBe('second');
  });

  test('one that does not stop is waited for five seconds, no longer', async () => {
    const clock = virtualClock();
    const { report } = await play([step('bad'), step('deaf')], {
      clock,
      behaviours: {
        bad: {
          check: () => {
            throw new StepError('no');
          },
        },
        deaf: changing(() => clock.sleep(60_000)),
      },
    });
    expect(report.steps[1]).toMatchObject({
      outcome: 'failed',
      error: 'did not stop within 5 s when told to',
    });
    expect(report.finishedAt - report.startedAt).toBe(5_000);
  });

  test('steps that wait for a free lane are skipped as well', async () => {
    const clock = virtualClock();
    const { report } = await play([packageStep('p'), packageStep('q')], {
      clock,
      behaviours: {
        p: changing(async () => {
          await clock.sleep(1);
          throw new StepError('no');
        }),
        q: changing(),
      },
    });
    expect(byId(report)).toEqual({ p: 'failed', q: 'skipped' });
  });
});

describe('something outside that is unavailable', () => {
  test('is tried again, from the check on, with growing waits', async () => {
    const { report, events } = await play([step('a')], {
      behaviours: {
        a: changing((_effort, applies) => {
          if (applies < 5) throw new UnavailableError('S3 is slow');
        }),
      },
    });
    expect(report.steps[0]).toMatchObject({ outcome: 'changed', attempts: 5 });
    const waits = events.flatMap((event) => (event.type === 'step-retrying' ? [event.waitMs] : []));
    expect(waits).toEqual([125, 250, 500, 1000]);
  });

  test('counts as changed when an attempt that met an outage had made the change', async () => {
    const { report } = await play([step('a')], {
      behaviours: {
        a: {
          check: (_situation, checks) => (checks === 1 ? drift() : undefined),
          apply: () => {
            throw new UnavailableError('the answer was lost');
          },
        },
      },
    });
    expect(byId(report)).toEqual({ a: 'changed' });
  });

  test('until the deadline, and then says so', async () => {
    const cause = new UnavailableError('S3 GetObject: 503 SlowDown');
    const { report } = await play([step('a'), step('b', ['a'])], {
      deadline: 60_000,
      behaviours: {
        a: {
          check: () => {
            throw cause;
          },
        },
      },
    });
    expect(report.failure?.error).toBeInstanceOf(UnavailableError);
    expect(report.failure?.error).toMatchObject({
      message: 'a: given up after 60 s of trying: S3 GetObject: 503 SlowDown',
      cause,
    });
    expect(byId(report)).toEqual({ a: 'failed', b: 'skipped' });
    expect(report.steps[0]?.error).toBe(report.failure?.error.message);
  });
});

describe('a run that is ended', () => {
  test('by the deadline while a step is at work: the step did not come to its state', async () => {
    const clock = virtualClock();
    const { report } = await play([step('a')], {
      clock,
      deadline: 30_000,
      behaviours: { a: changing(({ signal }) => clock.sleep(90_000, signal)) },
    });
    expect(report.failure?.error).toBeInstanceOf(StepError);
    expect(report.failure?.error.message).toBe(
      'a: not done by the deadline, 30 s after the first step',
    );
    expect(report.finishedAt - report.startedAt).toBe(30_000);
  });

  test.each([
    ['is at work', changing, StepError, 'a: not done in time, 20 s after the first step\nthe hook'],
    [
      'waits for something unavailable',
      () => ({
        check: () => {
          throw new UnavailableError('503 SlowDown');
        },
      }),
      UnavailableError,
      'a: given up after 20 s of trying: 503 SlowDown\nthe hook',
    ],
  ] as const)('before the deadline, by the step that %s', async (_what, make, kind, message) => {
    const clock = virtualClock();
    const late = new AbortController();
    void clock.sleep(20_000).then(() => late.abort(new UnavailableError('the hook')));
    const { report } = await play([step('a')], {
      clock,
      deadline: 30_000,
      outOfTime: late.signal,
      behaviours: { a: make(({ signal }) => clock.sleep(90_000, signal)) },
    });
    expect(report.failure?.error).toBeInstanceOf(kind);
    expect(report.failure?.error.message).toBe(message);
    expect(report.failure?.step).toBe('a');
  });

  test('from outside, with the reason given', async () => {
    const clock = virtualClock();
    const stop = new AbortController();
    const reason = new StepError('SIGTERM');
    const { report } = await play([step('a'), step('b', ['a'])], {
      clock,
      signal: stop.signal,
      behaviours: {
        a: changing(async ({ signal }) => {
          clock.sleep(10).then(() => stop.abort(reason));
          await clock.sleep(90_000, signal);
        }),
      },
    });
    // No step's fault: the verdict must not name one.
    expect(report.failure).toEqual({ error: reason });
    expect(byId(report)).toEqual({ a: 'failed', b: 'skipped' });
    expect(report.steps[0]?.error).toBe('stopped because of what ended the boot');
  });

  test('from outside before it began', async () => {
    const { report } = await play([step('a')], {
      signal: AbortSignal.abort(new StepError('too late')),
      behaviours: { a: changing() },
    });
    expect(report.failure).toEqual({ error: new StepError('too late') });
    expect(byId(report)).toEqual({ a: 'skipped' });
  });
});

describe('a plan that is no plan', () => {
  test.each([
    ['unknown need', [step('a', ['nowhere'])], 'the plan puts a before nowhere, which it needs'],
    ['circle', [step('a', ['b']), step('b', ['a'])], 'the plan puts a before b, which it needs'],
    ['twice the same', [step('a'), step('a')], 'the plan holds two steps a'],
  ])('%s is a bug, told at once', async (_name, steps, message) => {
    await expect(play(steps)).rejects.toThrow(message);
  });
});
