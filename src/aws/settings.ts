/** The settings that every SDK client is made with: nothing is read from the user's files or from the process's environment. */
import type { SecureContext } from 'node:tls';
import type { Credentials } from './credentials.ts';
import { endpointFor, type ServiceName } from './endpoints.ts';

export interface Timeouts {
  /** Until a connection stands, milliseconds. */
  readonly connectMs: number;
  /** Until an answer begins, and between two pieces of it, milliseconds. */
  readonly idleMs: number;
}

/** Within a Region a connection takes a few milliseconds, so 2 s is a lost packet; 15 s of silence is a lost peer. */
export const ordinaryTimeouts: Timeouts = { connectMs: 2000, idleMs: 15_000 };

export interface ClientOptions {
  readonly region: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeouts: Timeouts;
  readonly trusted: SecureContext | undefined;
  /** The credentials to sign the next request with; must be there at once. */
  readonly credentials: () => Promise<Credentials>;
}

/**
 * Settings for the client of one service. Each value that the SDK would else look up in ~/.aws or in the process's
 * environment is given, which also saves those reads at boot.
 */
export function clientSettings(service: ServiceName, options: ClientOptions) {
  const endpoint = endpointFor(service, options.env);
  const { connectMs, idleMs } = options.timeouts;
  return {
    region: options.region,
    ...(endpoint !== undefined && { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    credentials: unmemoized(options.credentials),
    // Retries are ours: they wait on the agent's clock and are told as events.
    maxAttempts: 1,
    retryMode: 'standard' as const,
    defaultsMode: 'standard' as const,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    authSchemePreference: [] as string[],
    // False keeps the offset that connection.ts sets before each request.
    disableClockSkewCorrection: false,
    userAgentAppId: async () => undefined,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: idleMs,
      throwOnRequestTimeout: true,
      socketTimeout: idleMs,
      httpAgent: { keepAlive: true },
      httpsAgent: { keepAlive: true, ...(options.trusted && { secureContext: options.trusted }) },
    },
  };
}

export type ClientSettings = ReturnType<typeof clientSettings>;

/** The SDK would keep credentials without an expiration for ever; ours are kept and renewed by their source. */
function unmemoized(provider: () => Promise<Credentials>): () => Promise<Credentials> {
  return Object.assign(() => provider(), { memoized: true });
}
