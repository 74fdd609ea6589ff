/** The race for a session token: all endpoints are asked a head start apart, the first good token wins. */
import { ConfigError } from '../../errors.ts';
import { switchedOff } from './advice.ts';
import type { Connection } from './connection.ts';
import { FailedAttempt, mostTelling } from './failed-attempt.ts';
import type { Attempt, Persistence } from './persistence.ts';

export interface Token {
  readonly value: string;
  /** The endpoint that gave it, and the only one that takes it. */
  readonly endpoint: string;
  readonly lifeSeconds: number;
}

export const tokenKey = 'api/token';

const longestLifeSeconds = 21_600;
/** Happy eyeballs (RFC 8305): the next endpoint is asked after so long, or at once when the one before has failed. */
const headStartMs = 20;

/**
 * One attempt at all endpoints. Throws FailedAttempt where trying again may help, ConfigError where metadata is switched
 * off at every endpoint that answers, or what answers is no metadata service.
 */
export async function firstToken(
  endpoints: readonly string[],
  connection: Connection,
  { clock }: Persistence,
  { timeoutMs, signal }: Attempt,
): Promise<Token> {
  const decided = new AbortController();
  const running = AbortSignal.any([signal, decided.signal]);

  async function run(endpoint: string, before: Promise<Token> | undefined): Promise<Token> {
    if (before !== undefined) {
      const failed = new Promise((resolve) => before.catch(resolve));
      await Promise.race([failed, clock.sleep(headStartMs, running)]);
    }
    const { status, headers, body } = await connection.send({
      method: 'PUT',
      endpoint,
      key: tokenKey,
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(longestLifeSeconds) },
      timeoutMs,
      signal: running,
    });
    return tokenIn(status, headers, body, endpoint);
  }

  const runners: Promise<Token>[] = [];
  for (const endpoint of endpoints) runners.push(run(endpoint, runners.at(-1)));
  try {
    return await Promise.any(runners);
  } catch (error) {
    signal.throwIfAborted();
    throw outcomeOf((error as AggregateError).errors);
  } finally {
    decided.abort(new Error('another endpoint was first'));
  }
}

function tokenIn(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
  endpoint: string,
): Token {
  if (status === 403) throw new FailedAttempt('forbidden', `${endpoint} answered 403`);
  if (status === 429 || status >= 500) {
    throw new FailedAttempt('put off', `${endpoint} answered ${status} to the token request`);
  }
  const value = body.toString('latin1');
  // Anything else could not be sent back in a header.
  if (status !== 200 || !/^[\x21-\x7e]{1,1024}$/.test(value)) {
    throw new ConfigError(
      `${endpoint} is no instance metadata service (IMDSv2): wanted a session token, got ${
        status === 200 ? 'something else' : `status ${status}`
      }; check AWS_EC2_METADATA_SERVICE_ENDPOINT`,
    );
  }
  const life = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
  const lifeSeconds = life >= 1 && life <= longestLifeSeconds ? life : longestLifeSeconds;
  return { value, endpoint, lifeSeconds };
}

/** What all failures of a race come to: hope, while one endpoint may still answer; else the reason for a person. */
function outcomeOf(errors: readonly unknown[]): unknown {
  const failures = errors.filter((error) => error instanceof FailedAttempt);
  const final = errors.find((error) => !(error instanceof FailedAttempt));
  if (final !== undefined) return final;
  const telling = mostTelling(failures);
  return telling.kind === 'forbidden' ? switchedOff(telling) : telling;
}
