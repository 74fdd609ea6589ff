/** Role credentials: what the instance profile hands out, cached, and renewed before they expire. */
import type { Clock } from '../clock.ts';
import { ConfigError, UnavailableError } from '../errors.ts';
import { unlessAborted } from './imds/unless-aborted.ts';
import { keys } from './keys.ts';
import type { Metadata } from './metadata.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  /** Where the service tells. */
  readonly accountId?: string;
}

/** AWS's own SDKs renew this long before the end. */
const renewBeforeMs = 5 * 60 * 1000;
/** While the old ones are good nobody waits longer than this for new ones; metadata answers in milliseconds. */
const patienceMs = 2000;
/** Between two tries to renew credentials that are still good. */
const pauseMs = 30_000;

/**
 * Gives a provider of the instance's role credentials, for any number of callers at once. `refused`: an access key id that
 * AWS did not accept, so that others are fetched. It throws ConfigError where no
 * instance profile is attached, UnavailableError where the service has no good credentials now, and the signal's reason.
 */
export function roleCredentials(
  metadata: Metadata,
  clock: Clock,
): (signal?: AbortSignal, refused?: string) => Promise<RoleCredentials> {
  let held: RoleCredentials | undefined;
  let renewing: Promise<RoleCredentials> | undefined;
  let renewNotBefore = Number.NEGATIVE_INFINITY;
  let missing: ConfigError | undefined;

  function renew(): Promise<RoleCredentials> {
    renewing ??= readCredentials(metadata)
      .then(
        (fresh) => {
          held = fresh;
          return fresh;
        },
        (error) => {
          if (error instanceof ConfigError) missing = error;
          throw error;
        },
      )
      .finally(() => {
        renewNotBefore = clock.monotonic() + pauseMs;
        renewing = undefined;
      });
    return renewing;
  }

  return async (signal, refused) => {
    signal?.throwIfAborted();
    // Waited for once in vain: the ABANDON that follows must not wait again.
    if (missing !== undefined && clock.monotonic() < renewNotBefore) throw missing;
    // AWS calls these expired already (clock off, role session revoked): whatever their date says, they are no good.
    if (refused !== undefined && held?.accessKeyId === refused) held = undefined;
    const old = held;
    const leftMs = old === undefined ? 0 : old.expiration.getTime() - clock.now();
    if (old === undefined || leftMs <= 0) return unlessAborted(renew(), signal);
    if (leftMs > renewBeforeMs || clock.monotonic() < renewNotBefore) return old;
    return unlessAborted(firstOf(renew(), old, clock), signal);
  };
}

/** The new credentials where they come soon, else the old ones, which are still good. */
async function firstOf(
  renewal: Promise<RoleCredentials>,
  old: RoleCredentials,
  clock: Clock,
): Promise<RoleCredentials> {
  const done = new AbortController();
  const patience = clock.sleep(patienceMs, done.signal).then(
    () => old,
    () => old,
  );
  try {
    return await Promise.race([renewal.catch(() => old), patience]);
  } finally {
    done.abort();
  }
}

async function readCredentials(metadata: Metadata): Promise<RoleCredentials> {
  const list = await metadata.read(keys.credentials);
  const role = list?.split('\n')[0]?.trim();
  if (!role) throw noProfile();
  const text = await metadata.read(keys.credentialsOf(role));
  if (text === undefined) throw noProfile();
  return credentialsIn(text, role);
}

function credentialsIn(text: string, role: string): RoleCredentials {
  const wanted = `role credentials of ${role} from the instance metadata service`;
  const { Code, Message, AccessKeyId, SecretAccessKey, Token, Expiration, AccountId } = fieldsOf(
    text,
    wanted,
  );
  // A 200 may carry a refusal: AssumeRoleUnauthorizedAccess where the role's trust policy does not name EC2.
  if (Code !== undefined && Code !== 'Success') {
    const said = typeof Message === 'string' && Message !== '' ? `: ${Message}` : '';
    throw new UnavailableError(
      `Wanted ${wanted}, got Code ${String(Code)}${said}. Check that the role exists and that its trust policy names ec2.amazonaws.com`,
    );
  }
  const expiration = new Date(String(Expiration));
  if (
    typeof AccessKeyId !== 'string' ||
    typeof SecretAccessKey !== 'string' ||
    typeof Token !== 'string' ||
    Number.isNaN(expiration.getTime())
  ) {
    throw new UnavailableError(
      `Wanted ${wanted}; the answer lacks one of AccessKeyId, SecretAccessKey, Token, Expiration`,
    );
  }
  return Object.freeze({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiration,
    ...(typeof AccountId === 'string' && { accountId: AccountId }),
  });
}

function fieldsOf(text: string, wanted: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // The parser's message would quote the text, which may hold a key.
  }
  throw new UnavailableError(`Wanted ${wanted}; the answer is not a JSON object`);
}

function noProfile(): ConfigError {
  return new ConfigError(
    'No instance profile attached to this instance, so it has no IAM role and no credentials to call AWS with. Name one in the launch template (IamInstanceProfile), or attach it by "aws ec2 associate-iam-instance-profile"',
  );
}
