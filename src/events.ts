/** Events: what happened, and when. Logs, progress, timeline and journal are all made from these, each in a file of its own. */
import type { Happening } from './happening.ts';
import type { Redactor } from './redaction.ts';

export type { Happening } from './happening.ts';

/** When: milliseconds since the epoch of the agent's clock; `elapsed`: milliseconds since the agent's start, never going back. */
export type Event = { readonly at: number; readonly elapsed: number } & Happening;

/** Tells of something that happened. */
export type Tell = (happening: Happening) => void;
export type Listener = (event: Event) => void;

/** Stamps happenings with the time, redacts them once, and hands them to every listener in order; one that throws hears no more. */
export class EventStream {
  #listeners: readonly Listener[] = [];
  readonly #clock: { now(): number; monotonic(): number };
  readonly #redactor: Redactor;
  readonly #origin: number;

  constructor(clock: { now(): number; monotonic(): number }, redactor: Redactor) {
    this.#clock = clock;
    this.#redactor = redactor;
    this.#origin = clock.monotonic();
  }

  listen(listener: Listener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  readonly tell: Tell = (happening) => {
    const event: Event = {
      at: Math.round(this.#clock.now()),
      elapsed: Math.round((this.#clock.monotonic() - this.#origin) * 10) / 10,
      ...this.#redactor.data(happening),
    };
    let broken: { readonly error: unknown } | undefined;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A bug, which ends the boot. Were it told again, that end could not be told to anybody else.
        this.#listeners = this.#listeners.filter((one) => one !== listener);
        broken ??= { error };
      }
    }
    if (broken !== undefined) throw broken.error;
  };
}
