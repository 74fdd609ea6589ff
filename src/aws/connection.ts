/** The connection to AWS: sends one call of one client, tells of it, and puts its error into words. */
import { whose } from '../at-work.ts';
import type { Clock } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { explained, isDenied, skewCodes, type Wanted } from './errors.ts';
import { Failure } from './failure.ts';
import type { Received } from './object-body.ts';
import { retrying } from './retry.ts';

/** An SDK client, as far as the connection touches it. */
export interface SdkClient {
  readonly config: { systemClockOffset: number };
}

export type Send<T> = (options: { abortSignal?: AbortSignal }) => Promise<T>;

export interface ConnectionOptions {
  readonly region: string;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly source: CredentialSource;
  readonly random?: () => number;
  /** Whether the role of this instance may be so new that not all of AWS knows what it allows; never when absent. */
  readonly roleMayBeNew?: () => boolean;
}

/** How far a clock may be off before the answer's Date counts as the truth: AWS itself tolerates 15 minutes, some services 5. */
const toleratedSkewMs = 4 * 60 * 1000;

export class Connection {
  readonly region: string;
  readonly clock: Clock;
  readonly #options: ConnectionOptions;
  #credentials: Credentials | undefined;
  /** What AWS's clock is ahead of ours, milliseconds; 0 while nothing was found wrong. */
  #skewMs = 0;

  constructor(options: ConnectionOptions) {
    this.region = options.region;
    this.clock = options.clock;
    this.#options = options;
  }

  /** What the SDK clients sign with: fetched before each call, so that waiting for them obeys the call's signal. */
  readonly credentials = async (): Promise<Credentials> => {
    this.#credentials ??= await this.#options.source();
    return this.#credentials;
  };

  /**
   * One call; a second request is sent only where AWS found the credentials expired or the clock wrong, and newer
   * credentials or the right time were found. Throws what `explained` gives, or the signal's reason.
   */
  async call<T>(
    client: SdkClient,
    wanted: Wanted,
    signal: AbortSignal | undefined,
    send: Send<T>,
  ): Promise<T> {
    try {
      this.#credentials = await this.#options.source(signal);
      const first = await this.#request(client, wanted, send, signal);
      if (!(first instanceof Failure)) return first.answer;
      if (!(await this.#putRight(first, signal))) throw this.#explained(first, wanted);
      const second = await this.#request(client, wanted, send, signal);
      if (!(second instanceof Failure)) return second.answer;
      throw this.#explained(second, wanted);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** As `call`, repeated while AWS is unavailable, until `signal`, or `attempts` times. */
  retry<T>(
    wanted: Wanted,
    signal: AbortSignal | undefined,
    attempt: () => Promise<T>,
    attempts?: number,
  ): Promise<T> {
    const { clock, random, tell } = this.#options;
    const { service, operation } = wanted;
    return retrying(
      {
        clock,
        signal,
        ...(random && { random }),
        ...(attempts !== undefined && { attempts }),
        waiting: (because, waitMs) =>
          tell({ type: 'aws-retrying', service, operation, because, waitMs, ...whose() }),
      },
      attempt,
    );
  }

  /** Tells of the body of an answer when it has come to its end; see objectBody. */
  received({ service, operation }: Wanted): (of: Received) => void {
    const { tell } = this.#options;
    const step = whose();
    return (of) => tell({ type: 'aws-received', service, operation, ...of, ...step });
  }

  /** The answer, or how the request failed; throws where the failure is nobody's but ours. */
  async #request<T>(
    client: SdkClient,
    { service, operation }: Wanted,
    send: Send<T>,
    signal: AbortSignal | undefined,
  ): Promise<{ answer: T } | Failure> {
    const { clock, tell } = this.#options;
    // The SDK signs with Date.now() plus this offset; the agent's clock is the one that counts.
    client.config.systemClockOffset = Math.round(clock.now() - Date.now() + this.#skewMs);
    const start = clock.monotonic();
    const elapsed = () => Math.round(clock.monotonic() - start);
    try {
      const answer = await send(signal === undefined ? {} : { abortSignal: signal });
      tell({ type: 'aws-called', service, operation, ms: elapsed(), outcome: 'ok', ...whose() });
      return { answer };
    } catch (error) {
      const failure = new Failure(error);
      tell({
        type: 'aws-called',
        service,
        operation,
        ms: elapsed(),
        outcome: 'failed',
        error: failure.code,
        ...(failure.status !== undefined && { status: failure.status }),
        ...whose(),
      });
      if (failure.kind === 'bug') throw error;
      return failure;
    }
  }

  #explained(failure: Failure, wanted: Wanted): Error {
    const error = explained(failure, wanted, this.region);
    const mayPass = wanted.decisive && this.#options.roleMayBeNew?.();
    if (!mayPass || !isDenied(error)) return error;
    return new UnavailableError(
      `${error.message}\n  Asked again for now: it takes a while until all of AWS knows a new role.`,
      { cause: failure },
    );
  }

  /** Whether another request may now go better. */
  async #putRight(failure: Failure, signal: AbortSignal | undefined): Promise<boolean> {
    if (failure.kind === 'expired') {
      const refused = this.#credentials?.accessKeyId;
      this.#credentials = await this.#options.source(signal, refused);
      return this.#credentials.accessKeyId !== refused;
    }
    const theirs = Date.parse(failure.header('date') ?? '');
    if (failure.kind !== 'refused' || Number.isNaN(theirs)) return false;
    const skewMs = theirs - this.#options.clock.now();
    const found = Math.abs(skewMs - this.#skewMs) > toleratedSkewMs;
    const meant = skewCodes.has(failure.code) || signatureCodes.has(failure.code);
    if (!found || !meant) return false;
    this.#skewMs = skewMs;
    this.#options.tell({
      type: 'warning',
      message: `The clock of this machine is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of AWS; calls are signed with the time of AWS`,
    });
    return true;
  }
}

/** Codes that mean a wrong clock only where the clocks really differ. */
const signatureCodes = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);
