/** Lanes: how many steps of each kind may be at work at the same moment. */
import type { AnyStep } from '../resources/table.ts';

/**
 * One package system with one lock; commands and artifacts share the cores and the network. All others are a few file
 * or systemctl operations, bounded only against plans of absurd size.
 */
const width: Partial<Record<AnyStep['kind'], number>> = { package: 1, command: 4, artifact: 4 };
const ordinaryWidth = 16;

export class Lanes {
  readonly #free = new Map<AnyStep['kind'], number>();
  readonly #waiting = new Map<AnyStep['kind'], (() => void)[]>();

  /** Resolves when a step of this kind may start, with the function that gives the place back. First come, first served. */
  async enter(kind: AnyStep['kind']): Promise<() => void> {
    const free = this.#free.get(kind) ?? width[kind] ?? ordinaryWidth;
    if (free > 0) this.#free.set(kind, free - 1);
    else await new Promise<void>((resolve) => this.#queue(kind).push(resolve));
    return () => this.#leave(kind);
  }

  #leave(kind: AnyStep['kind']): void {
    const next = this.#queue(kind).shift();
    if (next !== undefined) next();
    else this.#free.set(kind, (this.#free.get(kind) ?? 0) + 1);
  }

  #queue(kind: AnyStep['kind']): (() => void)[] {
    const queue = this.#waiting.get(kind) ?? [];
    this.#waiting.set(kind, queue);
    return queue;
  }
}
