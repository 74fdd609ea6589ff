/** Pulse: when work last went on. Heartbeats of the lifecycle hook are sent only while it advances. */
import type { Clock } from '../clock.ts';

export class Pulse {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last: number;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#last = clock.monotonic();
  }

  /** Says that something went on just now: a step started, finished or moved; a probe was asked. */
  readonly beat = (): void => {
    this.#last = this.#clock.monotonic();
  };

  /** Monotonic milliseconds of the last progress; the start of the agent before any. */
  readonly progressed = (): number => this.#last;
}
