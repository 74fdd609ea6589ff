/** The poller: one loop that looks at all metadata keys which can tell this node to leave, on one connection. */
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Tell } from '../../events.ts';
import type { Sighting } from './sighting.ts';

/** A look comes at most so long after the one before, milliseconds: what AWS recommends for spot notices. */
const everyMs = 5_000;
/** Part of that by which a look may come sooner, so that a fleet that started together does not ask together. */
const jitter = 0.2;
/** Events are scheduled days ahead. */
const maintenanceEveryMs = 60_000;
/** Of which kind the instance is does not change; asked again only while nobody answered. */
const notSpot = /^(on-demand|scheduled|capacity-block)$/;

/** Reads one key; undefined where it is absent. Throws where nobody answers. */
export type Read = (
  key: keyof Sighting | 'purchase',
  signal: AbortSignal,
) => Promise<string | undefined>;

export interface PollOptions {
  readonly read: Read;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** 0 <= x < 1, for the jitter. */
  readonly random: () => number;
  /** Told what each look found; the next look waits for it. */
  readonly sighted: (sighting: Sighting) => void | Promise<void>;
}

/**
 * Looks until aborted, and then resolves. A service that does not answer is told of twice, when it begins and when it is
 * over, however long that lasts.
 */
export async function pollNotices(options: PollOptions): Promise<void> {
  const { clock, tell, signal, random, sighted } = options;
  const look = looker(options);
  let silentSince: number | undefined;
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    try {
      const sighting = await look();
      if (silentSince !== undefined)
        tell({ type: 'metadata-back', ms: Math.round(clock.monotonic() - silentSince) });
      silentSince = undefined;
      await sighted(sighting);
    } catch (error) {
      if (signal.aborted) return;
      if (silentSince === undefined) tell({ type: 'metadata-silent', because: messageOf(error) });
      silentSince ??= startedAt;
    }
    const rest = everyMs * (1 - jitter * random()) - (clock.monotonic() - startedAt);
    await clock.sleep(Math.max(0, rest), signal).catch(() => undefined);
  }
}

/** One key after the other: the service limits connections, and one is enough. */
function looker({ read, clock, signal }: PollOptions): () => Promise<Sighting> {
  let purchase: string | undefined;
  let maintenance: string | undefined;
  let maintenanceDue = Number.NEGATIVE_INFINITY;
  return async () => {
    const targetState = await read('targetState', signal);
    purchase ??= await read('purchase', signal);
    // Only spot instances are interrupted, and told beforehand (EC2 user guide, "instance-life-cycle").
    const mayBeSpot = !notSpot.test(purchase?.trim() ?? '');
    const spot = mayBeSpot ? await read('spot', signal) : undefined;
    const rebalance = mayBeSpot ? await read('rebalance', signal) : undefined;
    if (clock.monotonic() >= maintenanceDue) {
      maintenance = await read('maintenance', signal);
      maintenanceDue = clock.monotonic() + maintenanceEveryMs;
    }
    return { targetState, spot, rebalance, maintenance };
  };
}
