/** AWS's errors in the agent's words: what was wanted, what AWS said, and what to change. */
import { ConfigError, UnavailableError } from '../errors.ts';
import { ObjectChangedError } from './aws.ts';
import type { ServiceName } from './endpoints.ts';
import { Failure } from './failure.ts';

/** What a call was for: the words of its error message. */
export interface Wanted {
  readonly service: ServiceName;
  readonly operation: string;
  /** `s3://bucket/key`, `secret prod/shop/db`, `lifecycle hooks of group web`. */
  readonly what: string;
  /** What IAM must allow: `s3:GetObject on arn:aws:s3:::bucket/key`. */
  readonly permission: string;
  /** Nothing else is done in its place where it is denied: worth asking again while the role may still be on its way. */
  readonly decisive?: boolean;
  /** What to change, by AWS's error code, where the caller knows better than this file. */
  readonly remedies?: Readonly<Record<string, string>>;
}

/** The error to throw for a failed call; its `cause` is the failure. */
export function explained(
  failure: Failure,
  wanted: Wanted,
  region: string,
): UnavailableError | ConfigError | ObjectChangedError {
  const call = `${wanted.service}:${wanted.operation} of ${wanted.what}`;
  const said = saying(failure);
  switch (failure.kind) {
    case 'throttled':
      return new UnavailableError(`${call}: AWS throttles the calls (${said})`, { cause: failure });
    case 'expired':
      return new UnavailableError(
        `${call}: AWS calls the credentials expired (${said}), and there are no newer ones`,
        { cause: failure },
      );
    case 'unavailable':
      return new UnavailableError(`${call}: ${networkWords(failure, region)}`, { cause: failure });
    case 'untrusted':
      return new ConfigError(
        `${call}: the certificate of the endpoint is not trusted (${said}); name the bundle that holds its issuer in AWS_CA_BUNDLE`,
        { cause: failure },
      );
    default:
      if (failure.status === 412) {
        const words =
          wanted.operation === 'PutObject'
            ? 'was written by another meanwhile'
            : 'was replaced while it was being read';
        return new ObjectChangedError(`${wanted.what} ${words}`, { cause: failure });
      }
      if (skewCodes.has(failure.code)) {
        return new UnavailableError(
          `${call}: AWS finds the clock of this machine wrong (${said}); is chrony running, and does it reach 169.254.169.123?`,
          { cause: failure },
        );
      }
      return new ConfigError(
        `${call}: AWS answered ${said}\n  ${sentence(remedy(failure, wanted, region))}`,
        { cause: failure },
      );
  }
}

/** IAM does not allow the call. */
export function isDenied(error: unknown): boolean {
  return error instanceof ConfigError && deniedCodes.has(causeOf(error)?.code ?? '');
}

/** The failed call behind an error of the port, if it is one. */
export function causeOf(error: unknown): Failure | undefined {
  return error instanceof Error && error.cause instanceof Failure ? error.cause : undefined;
}

/** With these codes AWS may mean the clock; `connection.ts` corrects it by the answer's Date header and asks once more. */
export const skewCodes: ReadonlySet<string> = new Set([
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
]);

const deniedCodes = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AllAccessDisabled',
  'Forbidden',
  'UnauthorizedOperation',
]);

const strangerCodes = new Set([
  'AuthFailure',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

function remedy(failure: Failure, wanted: Wanted, region: string): string {
  if (/\bkms:|\bto KMS\b|\bKMS key\b/i.test(failure.message)) {
    const action = wanted.operation === 'PutObject' ? 'kms:GenerateDataKey' : 'kms:Decrypt';
    return `the role of the instance must be allowed ${action} on the key that encrypts ${wanted.what}`;
  }
  const own = wanted.remedies?.[failure.code];
  if (own !== undefined) return own;
  const elsewhere = regionIn(failure);
  if (elsewhere !== undefined) {
    return `it is in the region ${elsewhere}, not in ${region}; use one in ${region}, or set AWS_REGION=${elsewhere}`;
  }
  if (
    deniedCodes.has(failure.code) ||
    (failure.status === 403 && !strangerCodes.has(failure.code))
  ) {
    return `the role of the instance must be allowed ${wanted.permission}`;
  }
  if (strangerCodes.has(failure.code)) {
    return 'AWS does not know the credentials: is AWS_ACCESS_KEY_ID of another account or partition, or was the role deleted?';
  }
  return 'correct what the message names';
}

/** The region of a bucket that lives elsewhere: from the header of a 301, or from the words of a 400. */
function regionIn(failure: Failure): string | undefined {
  if (
    failure.code !== 'PermanentRedirect' &&
    failure.code !== 'AuthorizationHeaderMalformed' &&
    failure.status !== 301
  ) {
    return undefined;
  }
  return (
    failure.header('x-amz-bucket-region') ?? /expecting '([a-z0-9-]+)'/.exec(failure.message)?.[1]
  );
}

function networkWords(failure: Failure, region: string): string {
  const said = saying(failure);
  switch (failure.code) {
    case 'ENOTFOUND':
      return `the name of the endpoint is not known (${said}); is there a region ${region}, and does DNS answer?`;
    case 'ECONNREFUSED':
      return `the endpoint refuses connections (${said})`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `the endpoint's certificate is out of date by the clock of this machine (${said}); is chrony running?`;
    case 'TimeoutError':
    case 'ETIMEDOUT':
      return `no answer${within(failure.message)}; is there a route, a NAT gateway or a VPC endpoint?`;
    default:
      return failure.status !== undefined && failure.status < 300
        ? `the answer was cut off or garbled (${said})`
        : `not available now (${said})`;
  }
}

/** The HTTP handler's message says how long it waited, among words that help nobody. */
function within(message: string): string {
  const ms = /(\d+) ms/.exec(message)?.[1];
  return ms === undefined ? ' in time' : ` within ${Number(ms) / 1000} s`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** `403 AccessDenied: Access Denied`, without saying anything twice. */
function saying({ status, code, message: said }: Failure): string {
  const message = said.replace(/\.$/, '');
  const name = message === code || message.startsWith(`${code}:`) ? message : `${code}: ${message}`;
  return status === undefined ? name : `${status} ${name}`;
}
