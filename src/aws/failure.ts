/** What an SDK error says about itself: AWS's code, the HTTP status, headers, or the fault of the network. */

export type FailureKind =
  | 'throttled'
  | 'unavailable'
  | 'untrusted'
  | 'expired'
  | 'refused'
  /** Not of AWS's or the network's making. */
  | 'bug';

/**
 * An SDK error taken apart. It replaces the SDK's own as the `cause` of what is thrown: that one holds the request with its
 * session token and the open socket, which no log may show.
 */
export class Failure extends Error {
  override name = 'Failure';
  /** AWS's error code (`NoSuchKey`), or the system's (`ECONNRESET`), or the error's name. */
  readonly code: string;
  /** HTTP status; absent where no answer came. */
  readonly status?: number;
  readonly kind: FailureKind;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(thrown: unknown) {
    const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError;
    const status = error.$response?.statusCode ?? error.$metadata?.httpStatusCode;
    const systemCode = codeOf(error);
    const code = systemCode ?? error.Code ?? error.name ?? 'Unknown';
    super(error.message || code);
    this.code = code;
    if (status !== undefined) this.status = status;
    this.kind = kindOf(error, code, status, systemCode !== undefined);
    this.#headers = error.$response?.headers ?? {};
  }

  /** Header of the answer, by lower-case name. */
  header(name: string): string | undefined {
    return this.#headers[name];
  }
}

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly Code?: string;
  readonly cause?: unknown;
  /** AggregateError of a connection tried over several addresses. */
  readonly errors?: readonly SdkError[];
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** Codes with which AWS services ask to slow down, whatever the status (the SDKs' own list, and S3's and EC2's). */
const throttlingCodes = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  // Auto Scaling's, by its API reference (Welcome, "API request rate"); it is seen to say Throttling as well.
  'RateExceeded',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'ResourceContention',
  'ResourceContentionFault',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Another write of the same key is under way, and this one may be tried again ("Conditional writes" of the S3 user guide). */
const conflict = 'ConditionalRequestConflict';

const expiredCodes = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']);

/** Certificates that are refused for reasons a wait does not cure. Expired ones are not among them: the clock may be wrong. */
const untrustedCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function kindOf(
  error: SdkError,
  code: string,
  status: number | undefined,
  fromSystem: boolean,
): FailureKind {
  if (untrustedCodes.has(code)) return 'untrusted';
  if (fromSystem || error.name === 'TimeoutError') return 'unavailable';
  if (throttlingCodes.has(code) || status === 429) return 'throttled';
  if (expiredCodes.has(code)) return 'expired';
  if (status === undefined) return error.name === 'EndpointError' ? 'refused' : 'bug';
  // A 2xx whose body could not be read: cut off or garbled on the way.
  if (status >= 500 || status === 408 || status < 300) return 'unavailable';
  if (code === conflict || code === 'RequestTimeout' || code === 'RequestTimeoutException')
    return 'unavailable';
  return 'refused';
}

/** The error code of the system, of TLS or of the HTTP parser (what came was no HTTP), here or in what caused it. */
function codeOf(error: SdkError): string | undefined {
  if (
    typeof error.code === 'string' &&
    /^(E[A-Z_]+|ERR_SSL_[A-Z0-9_]+|HPE_[A-Z_]+|CERT_[A-Z_]+|[A-Z_]+_CERT[A-Z_]*|UNABLE_[A-Z_]+)$/.test(
      error.code,
    )
  ) {
    return error.code;
  }
  const inner = error.errors?.[0] ?? error.cause;
  return typeof inner === 'object' && inner !== null ? codeOf(inner as SdkError) : undefined;
}
