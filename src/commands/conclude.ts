/** The conclusion of a boot: what explains a failure is kept, one failed node perhaps held, and the group is told. */
import type { Pulse } from '../engine/pulse.ts';
import { messageOf } from '../errors.ts';
import type { Tell } from '../events.ts';
import { exitCode, exitCodeOf, StoppedError } from '../exit-code.ts';
import type { Verdict } from '../health/verdict.ts';
import type { LaunchHook } from '../lifecycle/launch-hook.ts';
import { CrashLoopError, type CrashLoopGuard } from './crash-loop-guard.ts';
import { groupToTell } from './group-to-tell.ts';
import { beginHold, type Hold } from './hold.ts';
import type { Recorder } from './recorder.ts';
import { openSprings, type Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';
import { waitingSince } from './waiting-since.ts';

export interface Concluding {
  readonly surroundings: Surroundings;
  readonly springs: Springs | undefined;
  readonly recorder: Recorder;
  /** Absent where the boot failed before it had one. */
  readonly hook: LaunchHook | undefined;
  readonly guard: CrashLoopGuard | undefined;
  /** Of the run before this one. */
  readonly previous: Parameters<typeof waitingSince>[1];
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly pulse: Pulse;
  readonly redacted: (text: string) => string;
  readonly tell: Tell;
  /** Aborted when the agent must stop. */
  readonly signal: AbortSignal;
}

/** Gives the exit code. Never rejects. */
export async function conclude(verdict: Verdict, concluding: Concluding): Promise<number> {
  const { result, because, faults, error } = verdict;
  const { surroundings, springs, recorder, guard, redacted, tell } = concluding;
  const code = error === undefined ? exitCode.done : exitCodeOf(error);
  if (error instanceof StoppedError) return stopped(error, tell);
  tell({ type: 'verdict', result, because, ...(faults !== undefined && { faults }) });
  // ABANDON ends the instance: whatever explains it is kept before the group is told.
  if (result === 'ABANDON') {
    const hold = await held(verdict, concluding);
    await Promise.all([
      recorder.keepBeforeAbandon(surroundings.host, springs, verdict, code),
      guard?.failed(error, redacted(because)),
    ]);
    const stop = await hold?.over(concluding.signal).catch((reason: unknown) => reason);
    if (stop !== undefined) return stopped(stop, tell);
  }
  try {
    const hook = concluding.hook ?? (await groupOf(concluding));
    await hook.complete(result);
    if (result === 'CONTINUE') await guard?.healthy();
    return code;
  } catch (failure) {
    return code === exitCode.done ? exitCodeOf(failure) : code;
  }
}

function stopped(reason: unknown, tell: Tell): number {
  const message = `${messageOf(reason)} Nothing was signalled: run agent boot again.`;
  tell({ type: 'warning', message });
  return exitCode.tryAgain;
}

/** Undefined for a node that is not to be held, or that failed before it was known which node it is. */
async function held(verdict: Verdict, concluding: Concluding): Promise<Hold | undefined> {
  const { surroundings, springs, recorder, previous, startedAt, redacted, tell } = concluding;
  const { orders, identity } = recorder;
  if (orders?.holdSeconds === undefined || springs === undefined) return undefined;
  // One that was refused for the others has nothing to show.
  if (identity === undefined || verdict.error instanceof CrashLoopError) return undefined;
  const { host, clock } = surroundings;
  try {
    return await beginHold({
      orders,
      identity,
      hook: concluding.hook ?? (await groupOf(concluding)),
      aws: springs.aws(identity.facts.region),
      because: redacted(verdict.because),
      since: waitingSince(identity.launch, previous, startedAt, clock),
      host,
      clock,
      tell,
    });
  } catch {
    // Told already; the group is tried once more.
    return undefined;
  }
}

/** The hook of a boot that failed before it had one. */
async function groupOf(concluding: Concluding): Promise<LaunchHook> {
  const { surroundings, springs, recorder, pulse, tell } = concluding;
  try {
    return await groupToTell(
      surroundings,
      springs ?? openSprings(surroundings, tell),
      recorder,
      tell,
      pulse,
    );
  } catch (error) {
    tell({ type: 'warning', message: messageOf(error) });
    throw error;
  }
}
