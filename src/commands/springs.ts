/** Springs of the river: the metadata service, and AWS as seen from this instance. Light, since the first request leaves from here. */
import type { Aws } from '../aws/aws.ts';
import { connectAws } from '../aws/connect.ts';
import type { Tell } from '../events.ts';
import { keys } from '../identity/keys.ts';
import type { Metadata } from '../identity/metadata.ts';
import { metadataClient, metadataEndpoints } from '../identity/metadata-client.ts';
import { roleCredentials } from '../identity/role-credentials.ts';
import type { Surroundings } from './surroundings.ts';

export interface Springs {
  readonly metadata: Metadata;
  /** Clients are made when first used. */
  aws(region: string): Aws;
  /**
   * Asks for what every boot needs, so that the answers are on their way while the rest of the agent is still being
   * loaded. Resolves when they are there, or soon: a service that is not up yet must not hold up the loading.
   */
  lookAhead(): Promise<void>;
  close(): void;
}

/** Longer than a metadata service that is up takes to answer; loading blocks the event loop, so answers come before it. */
const soonMs = 30;

/** Sends nothing yet. Throws ConfigError where the environment names an endpoint that cannot be one. */
export function openSprings(
  { env, clock }: Pick<Surroundings, 'env' | 'clock'>,
  tell: Tell,
): Springs {
  const metadata = metadataClient({ endpoints: metadataEndpoints(env), clock, tell });
  const credentials = roleCredentials(metadata, clock);
  let connected: (Aws & { close(): void }) | undefined;
  return {
    metadata,
    aws(region) {
      connected ??= connectAws({ region: env.AWS_REGION ?? region, env, credentials, clock, tell });
      return connected;
    },
    async lookAhead() {
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
    },
    close() {
      connected?.close();
      metadata.close();
    },
  };
}
