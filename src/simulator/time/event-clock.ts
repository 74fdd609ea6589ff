/**
 * The event clock: it stands still while anything is being done, and jumps to the next moment that anybody waits for once
 * nothing is. What happens by it depends on the scenario alone, not on how fast this computer is.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { type Activity, watchActivity } from './activity.ts';

export interface EventClock extends Clock {
  /** For what keeps a client of the simulator waiting: see Activity. */
  readonly holding: Activity['holding'];
  /** Until then it stands still, whatever is waited for. */
  start(): void;
  /** It stands still from now on, and nobody is woken any more. */
  close(): void;
}

/** A fixed date, so that what is written by it is the same at each run. */
const origin = Date.parse('2026-01-01T00:00:00Z');

/** So many turns of the event loop without anything: bytes on loopback, timers and promises come within one or two. */
const quietTurns = 4;

/** Looking costs more than a turn: after a look that found work so many turns go by without one. */
const busyTurns = 16;

/** `wait`, during which the client behind `response` is kept waiting; by any other clock nobody need know. */
export function held<T>(clock: Clock, response: ServerResponse, wait: Promise<T>): Promise<T> {
  return 'holding' in clock ? (clock as EventClock).holding(response, wait) : wait;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export function eventClock(): EventClock {
  const activity = watchActivity();
  let elapsed = 0;
  let sleepers = new Set<Sleeper>();
  let watching = false;
  let started = false;
  let closed = false;

  const watch = () => {
    if (watching || closed || !started) return;
    watching = true;
    let quiet = 0;
    let spare = 0;
    const turn = () => {
      if (closed || sleepers.size === 0) {
        watching = false;
        return;
      }
      if (spare > 0) spare -= 1;
      else if (activity.busy()) {
        quiet = 0;
        spare = busyTurns;
      } else quiet += 1;
      if (quiet >= quietTurns) {
        quiet = 0;
        jump();
      }
      setImmediate(turn);
    };
    setImmediate(turn);
  };

  const jump = () => {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of sleepers) next = Math.min(next, at);
    elapsed = Math.max(elapsed, next);
    const due = [...sleepers].filter(({ at }) => at <= elapsed);
    for (const sleeper of due) sleepers.delete(sleeper);
    for (const { wake } of due) wake();
  };

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { at: elapsed + Math.max(0, ms), wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
      watch();
    });

  return {
    now: () => Math.round(origin + elapsed),
    monotonic: () => elapsed,
    sleep,
    holding: activity.holding,
    start() {
      started = true;
      watch();
    },
    close() {
      closed = true;
      sleepers = new Set();
      activity.close();
    },
  };
}
