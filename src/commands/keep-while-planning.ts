/** The launch hook while there is no plan yet: kept waiting, so that a slow service costs no node, and never waited for beyond its end. */
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Wait } from '../lifecycle/hook-budget.ts';
import type { LaunchHook } from '../lifecycle/launch-hook.ts';

/** A plan is made in well below a second; no hook waits less than 30 s for a heartbeat, and the agent is there some seconds after the launch. */
const quietMs = 8_000;
/** An agent that is up in a second may be there before its hook is open. */
const mostTries = 4;

export interface KeepingOptions {
  /** Its pulse goes on: planning has an end of its own. */
  readonly hook: LaunchHook;
  /** Asked for when it comes to that. */
  readonly wait: () => Promise<Wait>;
  readonly clock: Clock;
  readonly tell: Tell;
}

/** Begins; gives what ends it, which never rejects. What keeps heartbeats from being sent is a warning: no boot fails for it. */
export function keepWhilePlanning(options: KeepingOptions): () => Promise<void> {
  const over = new AbortController();
  const kept = keep(options, over.signal).catch((error: unknown) => {
    if (over.signal.aborted) return;
    const message = `no heartbeats until there is a plan: ${messageOf(error)}`;
    options.tell({ type: 'warning', message });
  });
  return () => {
    over.abort();
    return kept;
  };
}

async function keep({ hook, wait, clock }: KeepingOptions, signal: AbortSignal): Promise<void> {
  for (let tries = 1; tries <= mostTries; tries += 1) {
    await clock.sleep(quietMs, signal);
    // After a reboot nothing waits, and then planning may take until its own end.
    if ((await hook.renew(signal)) !== undefined) return hook.beat(signal, await wait());
  }
}
