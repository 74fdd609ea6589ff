/** Completing the lifecycle action: CompleteLifecycleAction, again until Auto Scaling has taken it or it is known why it cannot. */
import type { AutoScaling, LifecycleAction, LifecycleHook } from '../aws/aws.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import { attempt } from './attempt.ts';
import { departureOf } from './departure.ts';
import { type Circumstances, type Completion, meaningOf, type Result } from './meaning.ts';

const backoff = { firstMs: 200, longestMs: 5_000 };
/** How long a hook may take to open after the launch; an agent that is up in a second can be there first. */
const openingMs = 30_000;
const openingPauseMs = 1_000;

export interface CompleteActionOptions {
  readonly action: LifecycleAction;
  readonly result: Result;
  readonly autoScaling: AutoScaling;
  readonly clock: Clock;
  readonly random: () => number;
  readonly earlier?: { readonly result: Result };
  readonly transition: LifecycleHook['transition'];
  /** How long the hook may take to open, milliseconds; 30 s when absent: right for a launch. */
  readonly opensWithinMs?: number;
  /** Aborted with an UnavailableError at the deadline. */
  readonly signal: AbortSignal;
}

/** What came of it, and why, where that needs words. Throws ConfigError (denied) and, at the deadline, UnavailableError. */
export async function completeAction(
  options: CompleteActionOptions,
): Promise<{ outcome: Completion; because?: string }> {
  const { action, result, autoScaling, clock, random, signal } = options;
  const opensBy = clock.monotonic() + (options.opensWithinMs ?? openingMs);
  let trouble: UnavailableError | undefined;
  let pauseMs = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      await clock.sleep(pauseMs, signal);
      const answer = await attempt(clock, signal, (s) => autoScaling.complete(action, result, s));
      if (answer === 'completed') return { outcome: 'completed' };
      const found = await circumstances(options, trouble !== undefined);
      const meaning = options.transition === 'launching' ? meaningOf(found) : departureOf(found);
      if (meaning.outcome !== 'not-yet') return meaning;
      if (clock.monotonic() >= opensBy) return { outcome: 'not-sent', because: meaning.because };
      pauseMs = openingPauseMs;
    } catch (error) {
      if (signal.aborted) throw lastWord(signal.reason, trouble);
      if (!(error instanceof UnavailableError)) throw error;
      trouble = error;
      pauseMs = backoffMs(backoff, tries, random);
    }
  }
}

async function circumstances(
  { action, result, earlier, autoScaling, clock, signal }: CompleteActionOptions,
  lost: boolean,
): Promise<Circumstances> {
  const known = { hook: action.hook, result, lost };
  // The journal knows better than any state, and for nothing.
  if (earlier !== undefined) return { ...known, earlier, state: { readable: false } };
  try {
    const instance = await attempt(clock, signal, (s) =>
      autoScaling.describeInstance(action.instanceId, s),
    );
    const lifecycle = instance === undefined ? {} : { lifecycle: instance.lifecycleState };
    return { ...known, state: { readable: true, ...lifecycle } };
  } catch (error) {
    if (signal.aborted) throw error;
    // Often just a missing permission: describing is not needed for an ordinary boot.
    return { ...known, state: { readable: false } };
  }
}

function lastWord(reason: unknown, trouble: UnavailableError | undefined): unknown {
  if (!(reason instanceof Error) || trouble === undefined) return reason;
  return new UnavailableError(`${reason.message}: ${trouble.message}`, { cause: trouble });
}
