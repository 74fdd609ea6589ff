/** Hook budget: how long a lifecycle hook waits, how much of that is spent, and when ABANDON has to go out to be in time. */
import type { LifecycleAction, LifecycleHook } from '../aws/aws.ts';

export type Timeouts = Pick<LifecycleHook, 'heartbeatTimeoutSeconds' | 'globalTimeoutSeconds'> & {
  /** The hook could not be described: heartbeats go by these, but nothing is ended for their sake. */
  readonly assumed?: boolean;
};

/** What a hook waits for. Times are monotonic milliseconds. */
export interface Wait {
  /** When the wait can have begun at the earliest: EC2 starts an instance before its hook opens. */
  readonly since: number;
  /** The end that the role sets. */
  readonly deadline: number;
  /** Called when the hook would time out soon, with an error that says why. */
  outOfTime(error: Error): void;
}

export interface HookBudget {
  readonly timeouts: Timeouts;
  /** Times are monotonic milliseconds. */
  readonly since: number;
  /** Between two heartbeats. */
  readonly everyMs: number;
  /** When the global timeout is so near that ABANDON has to go out. */
  readonly end: number;
  /** The same of the heartbeat timeout, while no heartbeat is sent. */
  readonly silentUntil: number;
  readonly endReached: string;
  stuckAfter(seconds: number): string;
  /** A heartbeat was recorded. */
  renew(now: number): void;
}

/**
 * Kept of a timeout for what ABANDON takes: steps get five seconds to stop, the record is written, the call may have to be
 * repeated. A third at most, or short hooks would leave no time to work in.
 */
const longestMarginMs = 30_000;

/** `now`: when the first heartbeat counts from where nothing says more. A wait that must be over by now was not this one. */
export function hookBudget(
  { hook, group }: LifecycleAction,
  timeouts: Timeouts,
  now: number,
  wait?: Wait,
): HookBudget {
  const heartbeatMs = timeouts.heartbeatTimeoutSeconds * 1000;
  const globalMs = timeouts.globalTimeoutSeconds * 1000;
  const marginMs = wait === undefined ? 0 : Math.min(longestMarginMs, heartbeatMs / 3);
  const told = wait?.since ?? now;
  const since = told + globalMs - marginMs > now ? told : now;
  const assumed = timeouts.assumed === true && wait !== undefined;
  const ends = since + globalMs - marginMs;
  // A wait that seems to have timed out already is over, or began later than it can have.
  let renewed = since + heartbeatMs - marginMs > now ? since : now;
  return {
    timeouts,
    since,
    everyMs: heartbeatMs / 3,
    end: assumed ? Number.POSITIVE_INFINITY : ends,
    get silentUntil() {
      const known = wait !== undefined && !assumed;
      return known ? renewed + heartbeatMs - marginMs : Number.POSITIVE_INFINITY;
    },
    endReached: `the hook's global timeout of ${timeouts.globalTimeoutSeconds} s is over${wait === undefined ? '' : ` soon: hook ${hook} of group ${group} waits no longer, whatever heartbeats it gets`}`,
    stuckAfter: (seconds) =>
      `Nothing moved for ${seconds} s, so no heartbeat was sent, and hook ${hook} of group ${group} would soon time out by itself (heartbeat timeout ${timeouts.heartbeatTimeoutSeconds} s)`,
    renew: (at) => {
      renewed = at;
    },
  };
}
