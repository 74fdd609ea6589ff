/** Heartbeats: keep the launch hook waiting for as long as the boot makes progress, and no longer. */
import type { AutoScaling, LifecycleAction, LifecycleHook } from '../aws/aws.ts';
import { backoffMs } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { attempt } from './attempt.ts';
import { type HookBudget, hookBudget, type Timeouts, type Wait } from './hook-budget.ts';

/** The shortest timeout a hook can have is 30 s, so an ordinary fast boot is over before anything need be asked or sent. */
const quietMs = 10_000;
const backoff = { firstMs: 500, longestMs: 5_000 };
/** What a hook is taken for when it cannot be described: the shortest timeouts there are ([BC] PutLifecycleHookType). */
const shortest = { heartbeatTimeoutSeconds: 30, globalTimeoutSeconds: 3_000, assumed: true };
/** A hook that is not active so many times in a row will not be: it was completed, or it timed out. */
const patience = 3;
/** A terminating hook opens only when the load balancer is done with the instance: until then none is active. */
const openingLater = Number.POSITIVE_INFINITY;
/** In each third of the timeout in which nothing was sent. */
const looksWhileWithheld = 10;

export interface HeartbeatsOptions {
  readonly action: LifecycleAction;
  /** The hook, where it was described already. */
  readonly described?: Timeouts;
  readonly autoScaling: AutoScaling;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly pulse: () => number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly transition: LifecycleHook['transition'];
  /** What the hook waits for; absent: something that ends by itself in time. */
  readonly wait?: Wait;
}

/**
 * Sends a heartbeat every third of the hook's heartbeat timeout, or as soon after as the pulse has advanced since the last one. Resolves
 * when aborted, at the hook's global timeout, or when heartbeats are of no use; never rejects.
 */
export async function sendHeartbeats(options: HeartbeatsOptions): Promise<void> {
  try {
    await beats(options);
  } catch (error) {
    if (options.signal.aborted) return;
    options.tell({
      type: 'heartbeat',
      outcome: 'failed',
      because: `${messageOf(error)}; no more are sent`,
    });
  }
}

async function beats(options: HeartbeatsOptions): Promise<void> {
  const { clock, tell, pulse, signal } = options;
  const begun = clock.monotonic();
  const moved = pulse();
  const budget = hookBudget(
    options.action,
    options.described ?? (await describedLater(options)),
    begun,
    options.wait,
  );
  tellBudget(options, budget);
  const { everyMs } = budget;
  let due = budget.since + everyMs;
  // An agent that is up so late has not been silent: it was not there.
  let seen = due <= begun ? Number.NEGATIVE_INFINITY : moved;
  let inactive = 0;
  let tellAt = begun;
  for (;;) {
    await clock.sleep(Math.max(0, Math.min(due, budget.end) - clock.monotonic()), signal);
    if (clock.monotonic() >= budget.end) {
      tell({ type: 'heartbeat', outcome: 'withheld', because: budget.endReached });
      return options.wait?.outOfTime(new UnavailableError(budget.endReached));
    }
    const now = pulse();
    if (now <= seen) {
      const seconds = Math.round((clock.monotonic() - now) / 1000);
      if (clock.monotonic() >= tellAt) {
        tell({ type: 'heartbeat', outcome: 'withheld', because: `no progress for ${seconds} s` });
        tellAt = clock.monotonic() + everyMs;
      }
      if (clock.monotonic() >= budget.silentUntil && (await waits(options))) {
        const because = budget.stuckAfter(seconds);
        return options.wait?.outOfTime(new UnavailableError(because));
      }
      // Progress that resumes shortly before the hook times out is still in time.
      due = clock.monotonic() + everyMs / looksWhileWithheld;
      continue;
    }
    const outcome = await beat(options);
    seen = now;
    budget.renew(clock.monotonic());
    due = clock.monotonic() + everyMs;
    tellAt = due;
    inactive = outcome === 'not-active' ? inactive + 1 : 0;
    tell({ type: 'heartbeat', outcome });
    if (inactive >= (options.transition === 'launching' ? patience : openingLater)) return;
  }
}

/** Told once the timeouts are known, with a warning where the role would take longer than the hook waits. */
function tellBudget({ action, clock, tell, wait }: HeartbeatsOptions, budget: HookBudget): void {
  if (wait === undefined) return;
  const { heartbeatTimeoutSeconds, globalTimeoutSeconds, assumed = false } = budget.timeouts;
  const untilMs = Math.min(budget.end, wait.deadline) - clock.monotonic();
  tell({
    type: 'hook-budget',
    hook: action.hook,
    heartbeatTimeoutSeconds,
    globalTimeoutSeconds,
    spentSeconds: Math.max(0, Math.round((clock.monotonic() - budget.since) / 1000)),
    until: Math.round(clock.now() + untilMs),
    assumed,
  });
  const over = Math.round((wait.deadline - budget.end) / 1000);
  if (over > 0 && !assumed)
    tell({
      type: 'warning',
      message: `the deadline of this boot is ${over} s later than hook ${action.hook} can wait (100 times its heartbeat timeout of ${heartbeatTimeoutSeconds} s, 48 h at most): ABANDON goes out before. Shorten lifecycle.deadline in the role, or give the hook a longer heartbeat timeout`,
    });
}

/**
 * Whether the hook waits for this instance at all. After a reboot it does not, and then a boot may take as long as its role
 * lets it. Who may not ask Auto Scaling is taken for waited for.
 */
async function waits({ action, autoScaling, clock, signal }: HeartbeatsOptions): Promise<boolean> {
  try {
    const instance = await attempt(clock, signal, (s) =>
      autoScaling.describeInstance(action.instanceId, s),
    );
    return instance !== undefined && /(^|:)Pending/.test(instance.lifecycleState);
  } catch (error) {
    if (signal.aborted) throw error;
    return true;
  }
}

/** One heartbeat, again with backoff while Auto Scaling is unavailable. */
async function beat(options: HeartbeatsOptions): Promise<'recorded' | 'not-active'> {
  const { action, autoScaling, clock, tell, random, signal } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(clock, signal, (s) => autoScaling.heartbeat(action, s));
    } catch (error) {
      if (signal.aborted || !(error instanceof UnavailableError)) throw error;
      tell({ type: 'heartbeat', outcome: 'failed', because: error.message });
    }
    await clock.sleep(backoffMs(backoff, tries, random), signal);
  }
}

/** The timeouts of a hook that the role names, asked for only when the boot turns out to be a long one. */
async function describedLater(options: HeartbeatsOptions): Promise<Timeouts> {
  await options.clock.sleep(quietMs, options.signal);
  return describedTimeouts(options);
}

/** The timeouts of a hook that was not described yet; where it cannot be, the shortest there are, and a warning. Throws when aborted. */
export async function describedTimeouts(
  options: Pick<
    HeartbeatsOptions,
    'action' | 'autoScaling' | 'clock' | 'tell' | 'signal' | 'transition'
  >,
): Promise<Timeouts> {
  const { action, autoScaling, clock, tell, signal } = options;
  try {
    const hooks = await attempt(clock, signal, (s) => autoScaling.describeHooks(action.group, s));
    const hook = hooks.find(
      ({ name, transition }) => name === action.hook && transition === options.transition,
    );
    if (hook !== undefined) return hook;
    const message = `group ${action.group} has no ${options.transition === 'launching' ? 'launch' : 'terminating'} hook ${action.hook}, which the role names`;
    tell({ type: 'warning', message });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = `hook ${action.hook} cannot be described, so its shortest possible timeouts are kept: ${messageOf(error)}`;
    tell({ type: 'warning', message });
  }
  return shortest;
}
