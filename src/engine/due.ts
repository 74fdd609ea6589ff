/** Due: when something must be over; it may be brought forward, and never back. */

export class Due {
  #at: number;
  #moved = new AbortController();

  /** `at`: monotonic milliseconds. */
  constructor(at: number) {
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** Aborted when `at` is brought forward the next time. */
  get moved(): AbortSignal {
    return this.#moved.signal;
  }

  /** Nothing happens where `at` is not sooner. */
  bringForward(at: number): void {
    if (at >= this.#at) return;
    this.#at = at;
    const before = this.#moved;
    this.#moved = new AbortController();
    before.abort(new Error('there is less time than was thought'));
  }
}
