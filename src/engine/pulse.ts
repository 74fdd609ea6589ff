/** Pulse: when work last went on. Heartbeats of the lifecycle hook are sent only while it advances. */
import type { Clock } from '../clock.ts';

export class Pulse {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #errands = new Set<{ readonly until: number }>();
  #last: number;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#last = clock.monotonic();
  }

  /** Says that something went on just now: a step started, finished or moved; a probe was asked. */
  readonly beat = (): void => {
    this.#last = this.#clock.monotonic();
  };

  /** Says that something goes on that ends by itself within `ms`: so long it is progress, silent or not. Gives what ends it. */
  readonly during = (ms: number): (() => void) => {
    const errand = { until: this.#clock.monotonic() + ms };
    this.#errands.add(errand);
    return () => {
      this.#last = this.progressed();
      this.#errands.delete(errand);
    };
  };

  /** Monotonic milliseconds of the last progress; the start of the agent before any. */
  readonly progressed = (): number => {
    const now = this.#clock.monotonic();
    const errands = [...this.#errands].map(({ until }) => Math.min(now, until));
    return Math.max(this.#last, ...errands);
  };
}
