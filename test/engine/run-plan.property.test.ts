import { expect, test } from 'vitest';
import { StepError } from '../../src/errors.ts';
import fc from '../random-examples.ts';
import { virtualClock } from '../virtual-clock.ts';
import { type Behaviour, changing, play, step } from './steps.ts';

/** Random graphs: each step has a duration and needs some of those before it. At most 16 steps, so that no lane is full. */
const graphs = fc
  .array(fc.record({ ms: fc.nat({ max: 40 }), needs: fc.array(fc.nat({ max: 15 })) }), {
    minLength: 1,
    maxLength: 16,
  })
  .map((nodes) =>
    nodes.map(({ ms, needs }, index) => ({
      id: `s${index}`,
      ms,
      needs: [...new Set(needs.filter((need) => need < index))].map((need) => `s${need}`),
    })),
  );

test('every step starts after its needs have finished, and the moment they have', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => {
      const clock = virtualClock();
      const behaviours: Record<string, Behaviour> = {};
      for (const { id, ms } of graph) behaviours[id] = changing(() => clock.sleep(ms));
      const { report } = await play(
        graph.map(({ id, needs }) => step(id, needs)),
        { clock, behaviours },
      );
      const reports = new Map(report.steps.map((entry) => [entry.id, entry]));
      for (const { id, ms, needs } of graph) {
        const entry = reports.get(id);
        const ready = needs.map((need) => reports.get(need)?.finishedAt ?? 0);
        expect(entry?.startedAt).toBe(Math.max(report.startedAt, ...ready));
        expect(entry?.finishedAt).toBe((entry?.startedAt ?? 0) + ms);
        const held = entry?.heldUpBy;
        expect(held === undefined).toBe(needs.length === 0);
        if (held !== undefined) expect(reports.get(held)?.finishedAt).toBe(entry?.startedAt);
      }
    }),
    { numRuns: 150 },
  );
});

test('whatever step fails, all that need it are skipped and the others are never lost', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, fc.nat({ max: 15 }), async (graph, pick) => {
      const clock = virtualClock();
      const bad = `s${pick % graph.length}`;
      const behaviours: Record<string, Behaviour> = {};
      for (const { id, ms } of graph) {
        behaviours[id] = changing(async ({ signal }) => {
          await clock.sleep(ms, signal);
          if (id === bad) throw new StepError('bad');
        });
      }
      const { report } = await play(
        graph.map(({ id, needs }) => step(id, needs)),
        { clock, behaviours },
      );
      expect(report.failure?.step).toBe(bad);
      const reports = new Map(report.steps.map((entry) => [entry.id, entry.outcome]));
      expect([...reports.keys()]).toEqual(graph.map(({ id }) => id));
      for (const { id, needs } of graph) {
        const unmet = needs.some((need) => /failed|skipped/.test(reports.get(need) ?? ''));
        if (unmet) expect(reports.get(id)).toBe('skipped');
      }
    }),
    { numRuns: 100 },
  );
});
