/** Session tokens of the simulated metadata service: bound to one instance, expiring by the simulator's clock. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';

export interface Tokens {
  /** A new token for so many seconds. */
  issue(ttlSeconds: number): string;
  /** Seconds that a token is still good for; undefined where it is unknown or expired. */
  secondsLeft(token: string | undefined): number | undefined;
}

export function tokensBy(clock: Clock): Tokens {
  const expiries = new Map<string, number>();
  return {
    issue(ttlSeconds) {
      const token = randomBytes(42).toString('base64url');
      expiries.set(token, clock.now() + ttlSeconds * 1000);
      return token;
    },
    secondsLeft(token) {
      const expiry = token === undefined ? undefined : expiries.get(token);
      if (expiry === undefined || expiry <= clock.now()) return undefined;
      return Math.ceil((expiry - clock.now()) / 1000);
    },
  };
}

/** The lifetime a token request asks for, or undefined where the header is missing or out of bounds (1 to 21600 seconds). */
export function wantedTtl(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,5}$/.test(header)) return undefined;
  const seconds = Number(header);
  return seconds >= 1 && seconds <= 21_600 ? seconds : undefined;
}
