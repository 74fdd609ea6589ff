/** Holds what a boot took against a budget, line by line. */
import type { Budget } from './budget-file.ts';
import type { Part, Spent } from './spent.ts';

export interface Line {
  /** `boot`, `steps.artifact:shop`, `calls.s3:GetObject`. */
  readonly of: string;
  readonly what: 'seconds' | 'bytes' | 'metadata requests' | 'AWS calls' | 'calls';
  readonly budget: number;
  /** Absent: the boot had no such part. */
  readonly found?: number;
  /** How much it is over; absent where it is within. */
  readonly over?: number;
}

/** In the order of the file. What the boot did not do took nothing, and is within. */
export function compare(budget: Budget, spent: Spent): Line[] {
  const { boot = {}, calls = {} } = budget;
  const made = [...spent.calls.values()].reduce((sum, count) => sum + count, 0);
  return [
    line('boot', 'seconds', boot.seconds, spent.seconds),
    line('boot', 'bytes', boot.bytes, spent.bytes),
    line('boot', 'metadata requests', boot.metadata_requests, spent.metadataRequests),
    line('boot', 'AWS calls', boot.aws_calls, made),
    ...parts('stages', budget.stages, spent.stages),
    ...parts('steps', budget.steps, spent.steps),
    ...Object.entries(calls).map(([call, most]) =>
      line(`calls.${call}`, 'calls', most, spent.calls.get(call) ?? 0),
    ),
  ].flat();
}

function parts(
  kind: 'stages' | 'steps',
  wanted: Budget['steps'],
  spent: ReadonlyMap<string, Part>,
): Line[] {
  return Object.entries(wanted ?? {}).flatMap(([name, { seconds, bytes }]) => {
    const part = spent.get(name);
    return [
      line(`${kind}.${name}`, 'seconds', seconds, part?.seconds),
      line(`${kind}.${name}`, 'bytes', bytes, part?.bytes),
    ].flat();
  });
}

function line(
  of: string,
  what: Line['what'],
  budget: number | undefined,
  found: number | undefined,
): Line[] {
  if (budget === undefined) return [];
  if (found === undefined) return [{ of, what, budget }];
  const over = found > budget ? { over: Math.round((found - budget) * 1e6) / 1e6 } : {};
  return [{ of, what, budget, found, ...over }];
}
