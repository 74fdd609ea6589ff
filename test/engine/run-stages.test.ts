import { expect, test } from 'vitest';
import { Due } from '../../src/engine/due.ts';
import { Pulse } from '../../src/engine/pulse.ts';
import { runStages } from '../../src/engine/run-stages.ts';
import { StepError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import type { Stage } from '../../src/plan/drain-plan.ts';
import type { DrainWorld } from '../../src/resources/drain/drain-resource.ts';
import type { DrainTable } from '../../src/resources/drain/drain-table.ts';
import { virtualClock } from '../virtual-clock.ts';
import { type Behaviour, changing, resourcesFor } from './steps.ts';

function stage(id: string, rank = 1, ...stops: readonly [string, ...string[]][]): Stage {
  const units = stops.length === 0 ? [[id] as [string, ...string[]]] : stops;
  const steps = units.map(([unit, ...needs]) => ({
    ...{ kind: 'stop' as const, id: unit, needs, from: 'services', unit },
  }));
  return { id, what: id, steps, leastSeconds: 2, mostSeconds: 60, rank };
}

/** Runs stages on a clock that jumps; `seconds` is all the time there is. */
function running(stages: readonly Stage[], behaviours: Record<string, Behaviour>, seconds = 600) {
  const clock = virtualClock();
  const told: Happening[] = [];
  const due = new Due(seconds * 1000);
  const stop = new AbortController();
  const run = () =>
    runStages({
      stages,
      world: {} as DrainWorld,
      resources: resourcesFor(behaviours) as unknown as DrainTable,
      clock,
      tell: (happening) => told.push(happening),
      pulse: new Pulse(clock),
      due,
      signal: stop.signal,
    });
  const outcomes = () =>
    told.flatMap((one) => (one.type === 'drain-stage' ? [[one.stage, one.outcome]] : []));
  return { clock, due, stop, run, told, outcomes };
}

test('one after the other, and within a stage by need, in whatever order it is given', async () => {
  const order: string[] = [];
  const noting = (id: string) => changing(() => void order.push(id));
  const { run, outcomes } = running(
    [stage('first', 1, ['behind', 'before'], ['before']), stage('last')],
    { behind: noting('behind'), before: noting('before'), last: noting('last') },
  );
  expect(await run()).toBe(true);
  expect(order).toEqual(['before', 'behind', 'last']);
  expect(outcomes()).toEqual([
    ['first', 'done'],
    ['last', 'done'],
  ]);
});

test('one that fails is told, and the next is done', async () => {
  const fails = changing(() => {
    throw new StepError('it would not stop');
  });
  const { run, told, outcomes } = running([stage('a'), stage('b')], { a: fails, b: changing() });
  expect(await run()).toBe(false);
  expect(outcomes()).toEqual([
    ['a', 'failed'],
    ['b', 'done'],
  ]);
  expect(told.find(({ type }) => type === 'drain-stage')).toMatchObject({
    because: expect.stringContaining('it would not stop'),
  });
});

test('one that hangs gets its share, and what has no time left is cut by rank', async () => {
  const hangs: Behaviour = changing(({ signal }) => until(signal));
  const { run, clock, told, outcomes } = running(
    [stage('hangs', 2), stage('late', 3), stage('kept', 1)],
    { hangs, late: changing(), kept: changing() },
    5,
  );
  expect(await run()).toBe(false);
  expect(outcomes()).toEqual([
    ['hangs', 'failed'],
    ['late', 'cut'],
    ['kept', 'done'],
  ]);
  expect(told.filter(({ type }) => type === 'drain-stage')[1]).toMatchObject({
    because: 'there is no time left for it',
  });
  expect(clock.monotonic()).toBeLessThanOrEqual(5000);
});

test('less time than was thought: the stage at work begins anew with a smaller share', async () => {
  const begun: number[] = [];
  const { run, clock, due, outcomes } = running([stage('waits', 1), stage('after', 1)], {
    waits: changing(async ({ signal }) => {
      begun.push(clock.monotonic());
      if (begun.length === 1) {
        await clock.sleep(10_000);
        due.bringForward(clock.monotonic() + 20_000);
      }
      await until(signal);
    }),
    after: changing(),
  });
  expect(await run()).toBe(false);
  expect(begun).toEqual([0, 10_000]);
  expect(outcomes()).toEqual([
    ['waits', 'failed'],
    ['after', 'done'],
  ]);
  expect(clock.monotonic()).toBeLessThanOrEqual(30_000);
  // Never back.
  due.bringForward(1e9);
  expect(due.at).toBe(30_000);
});

test('told to stop, it leaves what is to come', async () => {
  const { run, stop, outcomes } = running([stage('a'), stage('b')], {
    a: changing(({ signal }) => {
      stop.abort(new StepError('the watch is told to stop'));
      return until(signal);
    }),
    b: changing(),
  });
  expect(await run()).toBe(false);
  expect(outcomes().map(([name]) => name)).not.toContain('b');
});

/** Never ends but by the signal. */
function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
