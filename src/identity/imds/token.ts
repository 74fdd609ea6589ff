/** The session token: taken from the first endpoint that gives one, kept in memory alone, renewed before it expires. */
import { deadlineReached } from './advice.ts';
import type { Connection } from './connection.ts';
import { FailedAttempt } from './failed-attempt.ts';
import { type Attempt, type Persistence, persist } from './persistence.ts';
import { firstToken, type Token, tokenKey } from './token-race.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface Tokens {
  /** The token in force; a new one where there is none or its life is nearly over. Rejects with the signal's reason, if first. */
  current(signal: AbortSignal): Promise<Token>;
  /** The service did not take this token: it is not used again. */
  rejected(token: Token): void;
  /** Why there is no token yet; undefined while there is one, or none was asked for. */
  readonly trouble: FailedAttempt | undefined;
  close(): void;
}

/** Part of a token's life after which it is renewed: the rest covers clocks that drift and requests under way. */
const usedOfLife = 0.9;

export function tokensFrom(
  endpoints: readonly string[],
  connection: Connection,
  persistence: Persistence,
): Tokens {
  const { clock } = persistence;
  const closing = new AbortController();
  let held: { readonly token: Token; readonly renewAt: number } | undefined;
  let trouble: FailedAttempt | undefined;
  let fetching: Promise<Token> | undefined;
  // The endpoint that answered last time goes first.
  let order = endpoints;

  async function fetch(): Promise<Token> {
    const race = async (attempt: Attempt) => {
      try {
        return await firstToken(order, connection, persistence, attempt);
      } catch (error) {
        if (error instanceof FailedAttempt) trouble = error;
        throw error;
      }
    };
    const token = await persist(persistence, tokenKey, closing.signal, race, (last) =>
      deadlineReached(tokenKey, endpoints, persistence.deadlineMs, last),
    );
    trouble = undefined;
    order = [token.endpoint, ...order.filter((one) => one !== token.endpoint)];
    // A clock that stands still while the machine is suspended makes this late; then a 401 says so.
    held = { token, renewAt: clock.monotonic() + token.lifeSeconds * 1000 * usedOfLife };
    return token;
  }

  return {
    current(signal) {
      if (held !== undefined && clock.monotonic() < held.renewAt) {
        return Promise.resolve(held.token);
      }
      if (fetching === undefined) {
        fetching = fetch().finally(() => {
          fetching = undefined;
        });
        // Whoever waits gets the error; it is no fault of the process that nobody may be waiting any more.
        fetching.catch(() => undefined);
      }
      return unlessAborted(fetching, signal);
    },
    rejected(token) {
      if (held?.token === token) held = undefined;
    },
    get trouble() {
      return trouble;
    },
    close: () => closing.abort(new Error('the metadata client is closed')),
  };
}
