/** Springs of the river: the metadata service, and AWS as seen from this instance. Light, since the first request leaves from here. */
import type { Aws } from '../aws/aws.ts';
import { type ConnectedAws, connectAws } from '../aws/connect.ts';
import type { Timeouts } from '../aws/settings.ts';
import type { Clock } from '../clock.ts';
import type { Happening, Tell } from '../events.ts';
import { keys } from '../identity/keys.ts';
import type { Metadata } from '../identity/metadata.ts';
import { metadataClient, metadataEndpoints } from '../identity/metadata-client.ts';
import { roleCredentials } from '../identity/role-credentials.ts';

export interface Springs {
  readonly metadata: Metadata;
  /** Clients are made when first used, or ahead of that. */
  aws(region: string): Aws & Pick<ConnectedAws, 'prepare'>;
  /** Says when EC2 started this instance (ISO 8601): while it is young, denied access may pass. */
  startedAt(pendingTime: string | undefined): void;
  /**
   * Asks for what every boot needs, so that the answers are on their way while the rest of the agent is still being
   * loaded. Resolves when they are there, or soon: a service that is not up yet must not hold up the loading.
   */
  lookAhead(): Promise<void>;
  close(): void;
}

/** Longer than a metadata service that is up takes to answer; loading blocks the event loop, so answers come before it. */
const soonMs = 30;

/**
 * IAM is eventually consistent ("Changes that I make are not always immediately visible", IAM user guide), and says nowhere
 * how long that lasts; two minutes is what Terraform's AWS provider waits for it (propagationTimeout of its iam service).
 */
const roleSpreadsWithinMs = 120_000;

/** Where they are. */
export interface Whereabouts {
  /** Endpoints and credentials come from here and from nowhere else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Where the metadata service was asked already, before the code for all else was loaded. */
  readonly ahead?: Ahead;
  /** 0 <= n < 1, for the jitter of all that is tried again; Math.random when absent. */
  readonly random?: () => number;
  /** How long AWS may take to answer; `ordinaryTimeouts` when absent. */
  readonly timeouts?: Timeouts;
}

/** Springs that are asked before there is anybody to tell of it. */
export interface Ahead {
  /** Tells of what has happened so far, and of what happens from now on. */
  tellingTo(tell: Tell): Springs;
  lookAhead: Springs['lookAhead'];
}

/** As openSprings. */
export function openAhead(whereabouts: Whereabouts): Ahead {
  const sofar: Happening[] = [];
  let tell: Tell = (happening) => void sofar.push(happening);
  const springs = openSprings(whereabouts, (happening) => tell(happening));
  return {
    lookAhead: springs.lookAhead,
    tellingTo(listener) {
      tell = listener;
      for (const happening of sofar.splice(0)) tell(happening);
      return springs;
    },
  };
}

/** Sends nothing yet. Throws ConfigError where the environment names an endpoint that cannot be one. */
export function openSprings(
  { env, clock, ahead, random, timeouts }: Whereabouts,
  tell: Tell,
): Springs {
  if (ahead !== undefined) return ahead.tellingTo(tell);
  const metadata = metadataClient({
    endpoints: metadataEndpoints(env),
    clock,
    tell,
    ...(random && { random }),
  });
  const credentials = roleCredentials(metadata, clock);
  let connected: ConnectedAws | undefined;
  let believedUntil = Number.NEGATIVE_INFINITY;
  const roleMayBeNew = () => clock.monotonic() < believedUntil;
  let looked: Promise<void> | undefined;
  return {
    metadata,
    aws(region) {
      connected ??= connectAws({
        region: env.AWS_REGION ?? region,
        env,
        credentials,
        clock,
        tell,
        roleMayBeNew,
        ...(random && { random }),
        ...(timeouts && { timeouts }),
      });
      return connected;
    },
    startedAt(pendingTime = '') {
      const ageMs = Math.max(0, clock.now() - Date.parse(pendingTime));
      if (ageMs < roleSpreadsWithinMs)
        believedUntil = clock.monotonic() + roleSpreadsWithinMs - ageMs;
    },
    lookAhead() {
      looked ??= answersSoon(metadata, clock);
      return looked;
    },
    close() {
      connected?.close();
      metadata.close();
    },
  };
}

async function answersSoon(metadata: Metadata, clock: Clock): Promise<void> {
  // Who asks again later gets the same answer, or the same error; here there is nobody to tell.
  const answers = [
    metadata.read(keys.document),
    metadata.readBytes(keys.userData),
    metadata.read(keys.tags),
  ].map((answer) => answer.then(() => undefined).catch(() => undefined));
  const enough = new AbortController();
  const soon = clock.sleep(soonMs, enough.signal).catch(() => undefined);
  await Promise.race([Promise.all(answers), soon]);
  enough.abort();
}
