/** EarlierRuns: what earlier runs of the agent did in this boot, read from their journal. */

export interface EarlierRuns {
  /** By step id; a step that no earlier run came to is not in it. */
  readonly steps: ReadonlyMap<string, StepHistory>;
  /** The launch hook, once it was completed. */
  readonly hook?: { readonly result: 'CONTINUE' | 'ABANDON' };
}

/** Positions in the journal, counted from 1; 0 where it never happened. */
export interface StepHistory {
  /** Where the last change to the machine began. */
  readonly applying: number;
  /** Where the step was last found or made as wanted. */
  readonly succeeded: number;
}

/** Reads a journal: JSON lines, of which unknown ones are ignored. Never throws, whatever the bytes are. */
export function readEarlier(
  path: string,
  bytes: Buffer | undefined,
): { earlier: EarlierRuns; warnings: string[] } {
  const steps = new Map<string, StepHistory>();
  const warnings: string[] = [];
  let hook: EarlierRuns['hook'];
  // What stands after the last line break is a line whose writing was cut off.
  const lines = (bytes?.toString('utf8') ?? '').split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const position = index + 1;
    const entry = entryOf(line);
    if (entry === undefined) {
      warnings.push(`${path}, line ${position}: damaged, skipped.`);
    } else if (typeof entry.step === 'string') {
      const before = steps.get(entry.step) ?? { applying: 0, succeeded: 0 };
      if (entry.type === 'step-applying') steps.set(entry.step, { ...before, applying: position });
      if (entry.type === 'step-finished' && isSuccess(entry.outcome))
        steps.set(entry.step, { ...before, succeeded: position });
    } else if (entry.type === 'hook-completed' && entry.outcome === 'completed') {
      // `already-completed` tells what somebody else sent, not what this run would have.
      if (isResult(entry.result)) hook = { result: entry.result };
    }
  }
  return { earlier: { steps, ...(hook === undefined ? {} : { hook }) }, warnings };
}

type Entry = Readonly<Record<string, unknown>>;

function entryOf(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Entry) : undefined;
  } catch {
    return undefined;
  }
}

const isSuccess = (outcome: unknown) => outcome === 'changed' || outcome === 'unchanged';
const isResult = (result: unknown): result is 'CONTINUE' | 'ABANDON' =>
  result === 'CONTINUE' || result === 'ABANDON';
