/** Proposes a budget from a good boot: half as much time again, a tenth more bytes, not one call more. */
import { stringify } from 'yaml';
import type { Budget } from './budget-file.ts';
import type { Part, Spent } from './spent.ts';

/** Machines of one type differ, and disks of one kind; what is quick is not worth a line of its own. */
const headroom = { seconds: 1.5, bytes: 1.1 };
const worthSeconds = 0.25;

export function propose(spent: Spent): Budget {
  const calls = [...spent.calls];
  return {
    boot: {
      seconds: timeFor(spent.seconds),
      bytes: bytesFor(spent.bytes),
      metadata_requests: spent.metadataRequests,
      aws_calls: calls.reduce((sum, [, count]) => sum + count, 0),
    },
    stages: partsOf(spent.stages),
    steps: partsOf(spent.steps),
    calls: Object.fromEntries(calls),
  };
}

/** The file, with where it is from on top. */
export function budgetText(budget: Budget, from: string): string {
  return `# Proposed by agent budget --from ${from}: time x ${headroom.seconds}, bytes x ${headroom.bytes}, calls as they were.\n${stringify(budget)}`;
}

function partsOf(parts: ReadonlyMap<string, Part>): NonNullable<Budget['steps']> {
  return Object.fromEntries(
    [...parts]
      .filter(([, { seconds, bytes }]) => seconds >= worthSeconds || bytes > 0)
      .map(([name, { seconds, bytes }]) => [
        name,
        { seconds: timeFor(seconds), ...(bytes > 0 && { bytes: bytesFor(bytes) }) },
      ]),
  );
}

function timeFor(seconds: number): number {
  return Math.ceil(seconds * headroom.seconds * 10) / 10;
}

function bytesFor(bytes: number): number {
  return Math.ceil(bytes * headroom.bytes);
}
