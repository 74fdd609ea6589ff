/** The metadata client: IMDSv2 and nothing else, tried again until a deadline, each key read once for all who ask. */
import type { Clock } from '../clock.ts';
import type { Tell } from '../events.ts';
import { deadlineReached, switchedOff } from './imds/advice.ts';
import { type Connection, connectionBy, type Reply } from './imds/connection.ts';
import { FailedAttempt, isGone } from './imds/failed-attempt.ts';
import { type Attempt, type Persistence, persist } from './imds/persistence.ts';
import { tokensFrom } from './imds/token.ts';
import type { Token } from './imds/token-race.ts';
import { type Absence, absenceOf } from './keys.ts';
import type { Metadata } from './metadata.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';

export { metadataEndpoints } from './imds/endpoints.ts';

export interface MetadataClientOptions {
  /** Origins, best first, as `metadataEndpoints` gives them. */
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  readonly tell: Tell;
  /** 0 <= x < 1, for the jitter; Math.random when absent. */
  readonly random?: () => number;
  /** Milliseconds that one read may take, with all its retries; 120 s when absent. */
  readonly deadlineMs?: number;
}

/**
 * A client for the metadata of one instance. Nothing is sent before the first read. Reads throw UnavailableError at the
 * deadline, ConfigError where metadata is switched off, and the reason of their signal when it aborts.
 */
export function metadataClient(options: MetadataClientOptions): Metadata {
  const { endpoints, clock, tell, random = Math.random, deadlineMs = 120_000 } = options;
  const persistence: Persistence = { clock, tell, random, deadlineMs };
  const connection: Connection = connectionBy(clock, tell);
  const tokens = tokensFrom(endpoints, connection, persistence);
  const snapshot: Snapshot = snapshotOf(fetch, (key) => absenceOf(key).remembered);

  function fetch(key: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const absence = absenceOf(key);
    const startedAt = clock.monotonic();
    return persist(
      persistence,
      key,
      signal,
      (attempt) => once(key, attempt, absence, startedAt),
      (last) => deadlineReached(key, endpoints, deadlineMs, tokens.trouble ?? last),
    );
  }

  async function once(
    key: string,
    { timeoutMs, signal }: Attempt,
    absence: Absence,
    startedAt: number,
  ): Promise<Buffer | undefined> {
    const token = await tokens.current(signal);
    const { status, body } = await ask(key, token, timeoutMs, signal).catch((error: unknown) => {
      // The endpoint is gone: the next attempt races them all again.
      if (error instanceof FailedAttempt && isGone(error)) tokens.rejected(token);
      throw error;
    });
    if (status === 200) return body;
    const found = `${token.endpoint} answered ${status}`;
    if (status === 404) {
      const patienceMs = absence.patienceMs ?? Number.POSITIVE_INFINITY;
      const waited = clock.monotonic() - startedAt;
      if (absence.means !== 'not yet' || waited >= patienceMs) return undefined;
      throw new FailedAttempt('put off', `${found}: not there yet`);
    }
    if (status === 401) {
      // Seen for several tries in a row right after a good PUT; the same token would go on being refused.
      tokens.rejected(token);
      throw new FailedAttempt('put off', `${found}: the token is not taken, asking for a new one`);
    }
    if (status === 403) throw switchedOff(new FailedAttempt('forbidden', found));
    throw new FailedAttempt('put off', found);
  }

  function ask(key: string, token: Token, timeoutMs: number, signal: AbortSignal): Promise<Reply> {
    return connection.send({
      method: 'GET',
      endpoint: token.endpoint,
      key,
      headers: { 'x-aws-ec2-metadata-token': token.value },
      timeoutMs,
      signal,
    });
  }

  return {
    read: async (key, signal) => (await snapshot.read(key, signal))?.toString('utf8'),
    readBytes: (key, signal) => snapshot.read(key, signal),
    get requests() {
      return connection.requests;
    },
    close() {
      snapshot.close();
      tokens.close();
      connection.close();
    },
  };
}
