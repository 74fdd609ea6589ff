/** The crash-loop guard of one boot: reads what the other nodes of its group came to, beside the work, and adds its own end. */
import type { Aws } from '../aws/aws.ts';
import { ObjectChangedError } from '../aws/aws.ts';
import { type Clock, deadlineSignal } from '../clock.ts';
import {
  afterFailure,
  afterSuccess,
  countIn,
  type FailureCount,
  standing,
  withCanary,
} from '../engine/crash-loop.ts';
import { messageOf, StepError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { CrashLoopOrders } from '../plan/record-orders.ts';

/** Neither verdict waits for the count any longer. */
const withinMs = 5_000;
const largest = 64 * 1024;
/** Nodes that fail in the same second write over one another; each try lets one of them through at least. */
const mostTries = 8;

export interface GuardOptions {
  readonly orders: CrashLoopOrders;
  readonly address: { readonly bucket: string; readonly key: string };
  readonly kmsKey?: string;
  readonly instanceId: string;
  /** How long a canary may take, seconds. */
  readonly deadlineSeconds: number;
  readonly objects: Aws['objects'];
  readonly clock: Clock;
  readonly tell: Tell;
  /** 0 <= n < 1; the machine's own when absent. */
  readonly random?: () => number;
}

/** Failed because others failed: adds nothing to their number. */
export class CrashLoopError extends StepError {
  override name = 'CrashLoopError';
}

interface Found {
  readonly count: FailureCount | undefined;
  /** Absent where there is no object. */
  readonly etag?: string;
}

export class CrashLoopGuard {
  readonly #options: GuardOptions;
  #found: Found | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /**
   * Why this boot should end at once, or undefined: also where the count cannot be read or another may not be written. Never
   * rejects.
   */
  async refusal(signal: AbortSignal): Promise<Error | undefined> {
    const { orders, clock, tell, instanceId, deadlineSeconds } = this.#options;
    try {
      const found = await this.#read(signal);
      this.#found = found;
      const { count } = found;
      const stand = standing(count, orders, clock.now());
      if (stand === 'open' || count === undefined) return undefined;
      if (stand !== 'canary') return new CrashLoopError(stand.closed);
      const until = clock.now() + deadlineSeconds * 1000;
      const claimed = withCanary(count, instanceId, until);
      await this.#write(claimed, found, signal);
      const message = `${count.failures} nodes of this group failed with this configuration; this one tries whether it works again`;
      tell({ type: 'warning', message });
      return undefined;
    } catch (error) {
      if (!(error instanceof ObjectChangedError)) return undefined;
      return new CrashLoopError(
        'nodes of this group failed with this very configuration, and another one is trying whether it works again',
      );
    }
  }

  /** Counts this boot, unless it was refused. `because`: redacted. Never rejects; what goes wrong is a warning. */
  async failed(error: Error | undefined, because: string): Promise<void> {
    if (error instanceof CrashLoopError) return;
    await this.#inTime(async (signal) => {
      const { instanceId, clock, random = Math.random } = this.#options;
      for (let tries = 1; ; tries += 1) {
        const found = await this.#readToWrite(signal);
        const next = afterFailure(found.count, { instanceId, because, now: clock.now() });
        try {
          await this.#write(next, found, signal);
          return;
        } catch (conflict) {
          if (!(conflict instanceof ObjectChangedError) || tries >= mostTries) throw conflict;
          await clock.sleep(50 * tries * random(), signal);
        }
      }
    });
  }

  /** A node became healthy: whatever failed before is over. Writes only where failures were found. Never rejects. */
  async healthy(): Promise<void> {
    const count = this.#found?.count;
    if (count === undefined || count.failures === 0) return;
    await this.#inTime(async (signal) => {
      const found = await this.#read(signal);
      if (found.count !== undefined && found.count.failures > 0)
        await this.#write(afterSuccess(found.count), found, signal);
    });
  }

  async #read(signal: AbortSignal): Promise<Found> {
    const { objects, address } = this.#options;
    const found = await objects.find(address, { limit: largest, signal });
    if (found === undefined) return { count: undefined };
    return { count: countIn(found.bytes.toString('utf8')), etag: found.etag };
  }

  /** Who may not list the bucket is told 403 of a key that is not there: the first failure finds out by writing. */
  async #readToWrite(signal: AbortSignal): Promise<Found> {
    try {
      return await this.#read(signal);
    } catch (error) {
      const { instanceId, clock } = this.#options;
      const first = afterFailure(undefined, { instanceId, because: '', now: clock.now() });
      if (signal.aborted || error instanceof UnavailableError) throw error;
      // Refused by a count that is there, the missing permission to read it is what a person must hear of.
      const probe = { ...first, failures: 0, nodes: [] };
      const { etag } = await this.#write(probe, { count: undefined }, signal).catch((denied) => {
        throw denied instanceof ObjectChangedError ? error : denied;
      });
      return { count: probe, etag };
    }
  }

  #write(count: FailureCount, { etag }: Found, signal: AbortSignal) {
    const { objects, address, kmsKey } = this.#options;
    return objects.write(address, Buffer.from(`${JSON.stringify(count)}\n`), {
      over: etag === undefined ? 'nothing' : { etag },
      type: 'application/json',
      ...(kmsKey !== undefined && { kmsKey }),
      signal,
    });
  }

  async #inTime(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { clock, tell } = this.#options;
    const late = new UnavailableError(`S3 did not take it within ${withinMs / 1000} s`);
    const { signal, release } = deadlineSignal(clock, withinMs, late);
    try {
      await work(signal);
    } catch (error) {
      const message = `this boot is not counted for the crash-loop guard: ${messageOf(error)}`;
      tell({ type: 'warning', message });
    } finally {
      release();
    }
  }
}
