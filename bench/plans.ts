/** What a plan costs for each of its steps: made by the planner, then run by the engine on steps that take no time. */
import { systemClock } from '../src/clock.ts';
import { planFor } from '../src/plan/plan-for.ts';
import { changing, play } from '../test/engine/steps.ts';
import { identityOf, roleOf } from '../test/plan/fixtures.ts';
import { median } from './measured.ts';

export const sizes = [10, 100, 1000, 5000] as const;

export interface CostPerStep {
  readonly steps: number;
  /** Microseconds of wall time for each step. */
  readonly planning: number;
  readonly running: number;
}

/** Medians of as many rounds, the sizes by turns. */
export async function costsPerStep(rounds: number): Promise<CostPerStep[]> {
  const all = sizes.map((steps) => ({ steps, planning: [] as number[], running: [] as number[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { steps, planning, running } of all) {
      const begun = performance.now();
      const plan = planFor(role(steps), identityOf(), undefined);
      const planned = performance.now();
      if (plan.steps.length !== steps) throw new Error(`${plan.steps.length} steps`);
      const behaviours = Object.fromEntries(plan.steps.map(({ id }) => [id, changing()]));
      const started = performance.now();
      const { report } = await play(plan.steps, { behaviours, clock: systemClock });
      const ended = performance.now();
      if (report.outcome !== 'done') throw new Error(String(report.failure?.error));
      // The first round is compiled on the way.
      if (round === 0) continue;
      planning.push(((planned - begun) * 1000) / steps);
      running.push(((ended - started) * 1000) / steps);
    }
  }
  return all.map(({ steps, planning, running }) => ({
    steps,
    planning: median(planning),
    running: median(running),
  }));
}

/** Packages, folders, files in them, some with a secret, and a service that waits for all. */
function role(steps: number) {
  const folders = Math.floor(steps / 10);
  // A secret may lie in memory only.
  const below = ['/run', '/etc', '/srv'];
  const file = (n: number) => `${below[n % 3]}/shop-${n % folders}/file-${n}`;
  const content = (n: number) => [n % 3 === 0 ? { secret: 'key' } : 'text\n'];
  const numbers = Array.from({ length: steps - folders - 3 }, (_, n) => n);
  return roleOf({
    packages: { chrony: 'present' },
    secrets: { key: { from: 'prod/shop/key' } },
    directories: Object.fromEntries(
      numbers.slice(0, folders).map((n) => [`${below[n % 3]}/shop-${n}`, {}]),
    ),
    files: Object.fromEntries(numbers.map((n) => [file(n), { content: content(n), mode: '0600' }])),
    services: { shop: {} },
  });
}
