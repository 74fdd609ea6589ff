/** Repetition: what a log has said already, and need not say again in full. */
import type { Event, Happening } from '../events.ts';

/** Shorter texts are quicker read again than looked up. */
const longText = 60;

/** Remembers what one log was told. */
export class Repetition {
  readonly #retries = new Map<string, number>();
  readonly #told: string[] = [];

  /**
   * False for a retry whose reason was told often enough: the 1st, 2nd, 4th, 8th... time is worth a line, so that two
   * minutes of waiting for one service are seven lines. The flight record keeps them all.
   */
  isWorthALine(event: Happening): boolean {
    const key = retryKey(event);
    if (key === undefined) return true;
    const times = (this.#retries.get(key) ?? 0) + 1;
    this.#retries.set(key, times);
    return Number.isInteger(Math.log2(times));
  }

  /** The event for a person who reads the log from the top: a reason that stands there already is `as above`. */
  shortened(event: Event): Event {
    switch (event.type) {
      case 'step-finished':
        return event.error === undefined ? event : { ...event, error: this.#once(event.error) };
      case 'verdict':
        return { ...event, because: this.#once(event.because) };
      case 'hook-completed':
        return event.because === undefined
          ? event
          : { ...event, because: this.#once(event.because) };
      case 'warning':
        return { ...event, message: this.#once(event.message) };
      default:
        return event;
    }
  }

  #once(text: string): string {
    if (text.length >= longText && this.#told.some((told) => told.includes(text)))
      return 'as above';
    const before = this.#told.find((told) => text.includes(told));
    if (before !== undefined) return text.replace(before, () => 'as above');
    if (text.length >= longText) this.#told.push(text);
    return text;
  }
}

function retryKey(event: Happening): string | undefined {
  switch (event.type) {
    case 'metadata-retrying':
      return `metadata ${event.key} ${event.because}`;
    case 'aws-retrying':
      return `aws ${event.service} ${event.operation} ${event.because}`;
    case 'step-retrying':
      return `step ${event.step} ${event.because}`;
    default:
      return undefined;
  }
}
