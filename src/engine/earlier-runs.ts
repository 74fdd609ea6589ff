/** EarlierRuns: what earlier runs of the agent did in one boot, read from their journal. */
import { isAbout } from './difference.ts';
import { completedBy, type Memory, nothing } from './memory.ts';
import type { RunKey } from './run-key.ts';

export interface EarlierRuns {
  /** By step id; a step that no earlier run came to is not in it. */
  readonly steps: ReadonlyMap<string, StepHistory>;
  /** The last of them; absent where there was none that came to a plan. */
  readonly last?: PreviousRun;
}

/** Positions in the journal, counted from 1; 0 where it never happened. */
export interface StepHistory {
  /** Where the last change to the machine began. */
  readonly applying: number;
  /** Where the step was last found or made as wanted. */
  readonly succeeded: number;
}

export interface PreviousRun {
  readonly key: RunKey;
  /** Absent where it ended without a word. */
  readonly exitCode?: number;
  /** As it was when that run ended. */
  readonly memory: Memory;
}

/** Reads a journal: JSON lines, of which unknown ones are ignored. Never throws, whatever the bytes are. */
export function readEarlier(
  path: string,
  bytes: Buffer | undefined,
): { earlier: EarlierRuns; warnings: string[] } {
  const steps = new Map<string, StepHistory>();
  const warnings: string[] = [];
  let last: PreviousRun | undefined;
  // What stands after the last line break is a line whose writing was cut off.
  const lines = (bytes?.toString('utf8') ?? '').split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    const position = index + 1;
    const entry = entryOf(line);
    if (entry === undefined) {
      warnings.push(`${path}, line ${position}: damaged, skipped.`);
      continue;
    }
    if (typeof entry.step === 'string') {
      const before = steps.get(entry.step) ?? { applying: 0, succeeded: 0 };
      if (entry.type === 'step-applying') steps.set(entry.step, { ...before, applying: position });
      if (entry.type === 'step-finished' && isSuccess(entry.outcome))
        steps.set(entry.step, { ...before, succeeded: position });
    }
    last = after(last, entry);
  }
  return { earlier: { steps, ...(last !== undefined && { last }) }, warnings };
}

/** The first line of a run. Its form is checked no further than that it is one of ours. */
export function runLine(at: number, key: RunKey, memory: Memory): string {
  return JSON.stringify({ type: 'run', at, key, memory });
}

function after(last: PreviousRun | undefined, entry: Entry): PreviousRun | undefined {
  if (entry.type === 'run') {
    const { key, memory } = entry as { key?: RunKey; memory?: Memory };
    return typeof key?.instanceId === 'string' && typeof key.units === 'object'
      ? { key, memory: Array.isArray(memory?.units) ? memory : nothing }
      : last;
  }
  if (last === undefined) return undefined;
  const { key, memory } = last;
  if (entry.type === 'boot-finished') return { ...last, exitCode: Number(entry.exitCode) };
  // What follows is done, and told, for service.
  if (entry.type === 'pool-left')
    return { ...last, key: { ...key, targetLifecycleState: 'InService' } };
  // `already-completed` tells what somebody else sent, not what this run would have.
  if (entry.type === 'hook-completed' && entry.outcome === 'completed' && isResult(entry.result))
    return { ...last, memory: { ...memory, completed: completedBy(key, entry.result) } };
  const units = unitsAfter(memory.units, key, entry);
  return units === memory.units ? last : { ...last, memory: { ...memory, units } };
}

function unitsAfter(units: readonly string[], key: RunKey, entry: Entry): readonly string[] {
  const name = /^service:(.+)$/.exec(String(entry.step))?.[1];
  if (name === undefined) return units;
  const unit = [`${name}.service`, name].find((each) => each in key.units || units.includes(each));
  if (unit === undefined) return units;
  const enabled = key.units[unit];
  if (enabled === undefined)
    return entry.type === 'step-finished' && isSuccess(entry.outcome)
      ? units.filter((each) => each !== unit)
      : units;
  // One that systemd starts at boot by itself, as the image has it, is the image's, whoever was sooner this time.
  const ours = enabled ? 'enabled' : 'state';
  const differences = Array.isArray(entry.differences) ? entry.differences : [];
  const brought =
    entry.type === 'step-applying' && differences.some((each) => isAbout(String(each), ours));
  return brought && !units.includes(unit) ? [...units, unit] : units;
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
