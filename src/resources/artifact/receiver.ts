/** Receiver: what becomes of an object's bytes besides being cached, while they are read. */
import type { Effort } from '../resource.ts';

export interface Receiver {
  /**
   * Takes the next bytes, which begin at `position` of the object and may be overwritten once this returned, or once the
   * promise it gives is resolved. They are not verified yet: nothing made of them may be visible.
   */
  take(bytes: Buffer, position: number): Promise<void> | undefined;
  /** Forgets what it took: the object's bytes come again from the first. */
  restart(): Promise<void>;
}

/** For an object that is only wanted in the cache. */
export const noReceiver: Receiver = {
  take: () => undefined,
  restart: async () => undefined,
};

/** Often enough for a heartbeat and a moving bar, seldom enough to cost nothing. */
const interval = 1 << 20;

/** Tells `effort` of the bytes done, at most once per MiB and at the end. */
export function progressOf(effort: Effort, total: number): (done: number) => void {
  let told = 0;
  return (done) => {
    if (done < total && done - told < interval) return;
    told = done;
    effort.progress({ what: 'bytes', done, total });
  };
}
