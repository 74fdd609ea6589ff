/** The credentials that AWS calls are signed with: those of the environment, else those of the instance's role. */
import { ConfigError } from '../errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * Gives credentials that are good now; keeps and renews them itself. `refused`: the access key id that AWS just called
 * expired, so the source must not give that one again if it can get another.
 */
export type CredentialSource = (signal?: AbortSignal, refused?: string) => Promise<Credentials>;

/** The source to use: the SDK's standard variables win over `fallback`. Throws ConfigError where they are incomplete. */
export function credentialSource(
  env: Readonly<Record<string, string | undefined>>,
  fallback: CredentialSource,
): CredentialSource {
  const accessKeyId = env.AWS_ACCESS_KEY_ID;
  if (!accessKeyId) return fallback;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY;
  if (!secretAccessKey) {
    throw new ConfigError(
      'AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not: set both, or neither to use the role of the instance',
    );
  }
  const sessionToken = env.AWS_SESSION_TOKEN;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  return async () => credentials;
}
