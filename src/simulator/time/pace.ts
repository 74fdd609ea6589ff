/** Pace: a rehearsal by the event clock, in which chance is a function of a seed: the same at every run. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type EventClock, eventClock } from './event-clock.ts';

export interface Pace {
  readonly clock: EventClock;
  /** 0 <= n < 1, from the seed and `name`. */
  chance(name: string): number;
  /** Chance for one node, such as the jitter of its retries: by the moment, whichever of its tasks asks first. */
  random(node: string): () => number;
  /** Resolves when a request has found its way to the simulator; rejects where that closes meanwhile. */
  arrival(name: string, response: ServerResponse, signal: AbortSignal): Promise<void>;
}

/** How long a call is on its way, milliseconds, anywhere between the two: a choice, no measurement. */
export const usualAnswersMs = [5, 25] as const;

export function paceBy(
  seed: string,
  [least, most]: readonly [least: number, most: number] = usualAnswersMs,
): Pace {
  const clock = eventClock();
  const chance = (name: string) => {
    const digest = createHash('sha256').update(`${seed}\n${name}`).digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  };
  const counts = new Map<string, number>();
  return {
    clock,
    chance,
    random: (node) => () => chance(`${node} ${clock.monotonic()}`),
    arrival(name, response, signal) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      // Never the same for two names: what arrives in which order is decided by the seed, not by this computer.
      const ms = least + (most - least + 0.001) * chance(`${name} ${count}`);
      return clock.holding(response, clock.sleep(ms, signal));
    },
  };
}
