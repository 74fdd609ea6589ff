/** A lifecycle hook of an Auto Scaling group, when launching or terminating: found, kept alive while the work makes progress, and completed. */
import type { AutoScaling, LifecycleAction, LifecycleHook } from '../aws/aws.ts';
import { type Clock, deadlineSignal } from '../clock.ts';
import { ConfigError, messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { attempt } from './attempt.ts';
import { completeAction } from './complete-action.ts';
import { describedTimeouts, sendHeartbeats } from './heartbeats.ts';
import type { Timeouts, Wait } from './hook-budget.ts';
import { type Completion, type Result, sentEarlier } from './meaning.ts';

export type { Completion, Result } from './meaning.ts';

export interface LaunchHookOptions {
  /** Auto Scaling group; empty outside a group. */
  readonly group: string;
  /** Name of the hook where the role gives it; found by DescribeLifecycleHooks otherwise. */
  readonly hook?: string;
  /** Which way the instance goes; `launching` when absent. */
  readonly transition?: LifecycleHook['transition'];
  readonly instanceId: string;
  readonly autoScaling: AutoScaling;
  readonly clock: Clock;
  readonly tell: Tell;
  /** Monotonic milliseconds of the last progress of the boot. */
  readonly pulse: () => number;
  /** What the journal says that an earlier run sent in this very stay in the group: CONTINUE is not sent again then. */
  readonly earlier?: { readonly result: Result };
  /** How long `complete` may try, milliseconds; default 60 s: all it competes with is the hook's own timeout. */
  readonly completeWithinMs?: number;
  /** How long the hook may take to open, milliseconds; see `completeAction`. */
  readonly opensWithinMs?: number;
  /** For backoff; Math.random by default. */
  readonly random?: () => number;
}

export interface LaunchHook {
  /**
   * The name of the hook that waits for this instance, or undefined where nothing is to be signalled. Throws ConfigError
   * when the group has several launch hooks and the role names none, UnavailableError when Auto Scaling does not answer.
   * Undefined, and not asked for, where an earlier run has sent CONTINUE in this stay.
   */
  find(signal: AbortSignal): Promise<string | undefined>;
  /** Sends heartbeats while the boot makes progress, until aborted or until the hook's global timeout. Never rejects. */
  beat(signal: AbortSignal, wait?: Wait): Promise<void>;
  /**
   * Sends one heartbeat whatever the pulse says, and gives what waits for this instance, or undefined where nothing does. Throws
   * as `find` does; timeouts that may not be described are the shortest there are.
   */
  renew(signal: AbortSignal): Promise<Renewed | undefined>;
  /**
   * Tells Auto Scaling the result, on a deadline of its own, whatever else was aborted. `not-sent` where there is nobody
   * to tell, or no longer; the event `hook-completed` says why. Throws ConfigError (access denied) and UnavailableError
   * (no answer until the deadline).
   */
  complete(result: Result): Promise<Completion>;
}

export interface Renewed {
  readonly action: LifecycleAction;
  readonly timeouts: Timeouts;
}

/** The launch hook of one instance. Nothing is asked of AWS before a method is called. */
export function launchHook(options: LaunchHookOptions): LaunchHook {
  return new Hook(options);
}

class Hook implements LaunchHook {
  readonly #options: LaunchHookOptions;
  readonly #transition: LifecycleHook['transition'];
  /** Known from the role, or once Auto Scaling was asked. */
  #name: string | undefined;
  #described: LifecycleHook | undefined;
  #timeouts: Timeouts | undefined;
  #found = false;
  /** Why there is nobody to signal. */
  #absent: string | undefined;

  constructor(options: LaunchHookOptions) {
    this.#options = options;
    this.#transition = options.transition ?? 'launching';
    if (options.group === '')
      this.#absent = 'the instance is in no Auto Scaling group: nothing waits for a signal';
    else this.#name = options.hook;
  }

  async find(signal: AbortSignal): Promise<string | undefined> {
    const { group, earlier } = this.#options;
    if (this.#absent !== undefined || earlier?.result === 'CONTINUE') return undefined;
    if (this.#name === undefined) {
      const hooks = await this.#hooks(signal);
      if (hooks.length > 1) throw new ConfigError(several(group, hooks));
      this.#take(hooks[0]);
    }
    if (this.#name !== undefined) this.#tellFound(this.#name);
    return this.#name;
  }

  async beat(signal: AbortSignal, wait?: Wait): Promise<void> {
    const hook = this.#name;
    if (hook === undefined) return;
    const {
      group,
      instanceId,
      autoScaling,
      clock,
      tell,
      pulse,
      random = Math.random,
    } = this.#options;
    const described = this.#timeouts ?? this.#described;
    await sendHeartbeats({
      action: { group, hook, instanceId },
      ...(described === undefined ? {} : { described }),
      autoScaling,
      clock,
      tell,
      pulse,
      random,
      signal,
      transition: this.#transition,
      ...(wait === undefined ? {} : { wait }),
    });
  }

  async renew(signal: AbortSignal): Promise<Renewed | undefined> {
    const { group, instanceId, autoScaling, clock } = this.#options;
    const hook = await this.find(signal);
    if (hook === undefined) return undefined;
    const action = { group, hook, instanceId };
    const answer = await attempt(clock, signal, (s) => autoScaling.heartbeat(action, s));
    if (answer !== 'recorded') return undefined;
    const about = { ...this.#options, action, transition: this.#transition, signal };
    this.#timeouts = this.#described ?? (await describedTimeouts(about));
    return { action, timeouts: this.#timeouts };
  }

  async complete(result: Result): Promise<Completion> {
    const { group, instanceId, autoScaling, clock, tell, earlier } = this.#options;
    const { random = Math.random, completeWithinMs = 60_000, opensWithinMs } = this.#options;
    const told = (outcome: Completion, because?: string) => {
      tell({
        type: 'hook-completed',
        result,
        outcome,
        ...(because && { because }),
        ...this.#way,
      });
      return outcome;
    };
    if (this.#absent !== undefined) return told('not-sent', this.#absent);
    if (earlier?.result === 'CONTINUE' && result === 'CONTINUE')
      return told(
        'already-completed',
        `${sentEarlier(result)}, and nothing waits again before EC2 starts the instance anew`,
      );
    const late = new UnavailableError(
      `Auto Scaling took no ${result} for ${instanceId} in group ${group} within ${completeWithinMs / 1000} s`,
    );
    const deadline = deadlineSignal(clock, completeWithinMs, late);
    try {
      if (this.#name === undefined) await this.#findFor(result, deadline.signal);
      if (this.#name === undefined) return told('not-sent', this.#absent);
      const completed = await completeAction({
        action: { group, hook: this.#name, instanceId },
        result,
        autoScaling,
        clock,
        random,
        transition: this.#transition,
        ...(opensWithinMs === undefined ? {} : { opensWithinMs }),
        ...(earlier === undefined ? {} : { earlier }),
        signal: deadline.signal,
      });
      return told(completed.outcome, completed.because);
    } catch (error) {
      told('not-sent', messageOf(error));
      throw error;
    } finally {
      deadline.release();
    }
  }

  /** For a boot that failed before `find`: a faulty role must not cost the hour until the hook times out. */
  async #findFor(result: Result, signal: AbortSignal): Promise<void> {
    const hooks = await this.#hooks(signal);
    // Any one hook's ABANDON ends the launch ([ASG] adding-lifecycle-hooks), so there the first is as good as another.
    if (hooks.length > 1 && result === 'CONTINUE')
      throw new ConfigError(several(this.#options.group, hooks));
    this.#take(hooks[0]);
  }

  async #hooks(signal: AbortSignal): Promise<LifecycleHook[]> {
    const hooks = await this.#options.autoScaling.describeHooks(this.#options.group, signal);
    return hooks.filter(({ transition }) => transition === this.#transition);
  }

  #take(hook: LifecycleHook | undefined): void {
    this.#described = hook;
    this.#name = hook?.name;
    if (hook === undefined)
      this.#absent = `group ${this.#options.group} has no ${wordFor[this.#transition]} hook: nothing waits for a signal`;
  }

  /** What events say of the transition. */
  get #way(): { transition?: 'terminating' } {
    return this.#transition === 'terminating' ? { transition: 'terminating' } : {};
  }

  #tellFound(hook: string): void {
    if (this.#found) return;
    this.#found = true;
    const { group, tell } = this.#options;
    const heartbeatTimeoutSeconds = this.#described?.heartbeatTimeoutSeconds;
    const timeout = heartbeatTimeoutSeconds === undefined ? {} : { heartbeatTimeoutSeconds };
    tell({ type: 'hook-found', group, hook, ...timeout, ...this.#way });
  }
}

const wordFor = { launching: 'launch', terminating: 'terminating' } as const;
const keyFor = { launching: 'lifecycle.hook', terminating: 'drain.hook' } as const;

function several(group: string, hooks: readonly LifecycleHook[]): string {
  const names = hooks.map(({ name }) => name).join(', ');
  const transition = hooks[0]?.transition ?? 'launching';
  return `group ${group} has ${hooks.length} ${wordFor[transition]} hooks (${names}): name the one to complete in the role, under ${keyFor[transition]}`;
}
