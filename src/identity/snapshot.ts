/** The snapshot: one read of each key, shared by all who ask at the same time and, where the key allows, by all who ask later. */
import { unlessAborted } from './imds/unless-aborted.ts';

export interface Snapshot {
  /** Rejects with the reason of `signal` when that aborts; the read goes on while somebody else waits for it. */
  read(key: string, signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Ends all reads; later ones reject. */
  close(): void;
}

interface Flight {
  readonly answer: Promise<Buffer | undefined>;
  readonly abort: AbortController;
  waiting: number;
}

export function snapshotOf(
  fetch: (key: string, signal: AbortSignal) => Promise<Buffer | undefined>,
  remembered: (key: string) => boolean,
): Snapshot {
  const closing = new AbortController();
  const memory = new Map<string, Buffer | undefined>();
  const flights = new Map<string, Flight>();

  function depart(key: string): Flight {
    const abort = new AbortController();
    const answer = fetch(key, AbortSignal.any([abort.signal, closing.signal]));
    const flight: Flight = { answer, abort, waiting: 0 };
    flights.set(key, flight);
    const landed = () => forget(key, flight);
    answer.then((value) => {
      if (remembered(key)) memory.set(key, value);
      landed();
    }, landed);
    return flight;
  }

  function forget(key: string, flight: Flight): void {
    if (flights.get(key) === flight) flights.delete(key);
  }

  return {
    async read(key, signal) {
      signal?.throwIfAborted();
      closing.signal.throwIfAborted();
      if (memory.has(key)) return memory.get(key);
      const flight = flights.get(key) ?? depart(key);
      flight.waiting += 1;
      try {
        return await unlessAborted(flight.answer, signal);
      } finally {
        flight.waiting -= 1;
        // Nobody wants the answer any more: a hanging request must not hold its connection.
        if (flight.waiting === 0 && signal?.aborted) {
          forget(key, flight);
          flight.abort.abort(signal.reason);
        }
      }
    },
    close: () => closing.abort(new Error('the metadata client is closed')),
  };
}
