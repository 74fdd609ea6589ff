/** A failed attempt: one request to the metadata service that may succeed when tried again. */

export type FailureKind =
  /** Nothing listens there. */
  | 'refused'
  /** No route, no such address. */
  | 'unreachable'
  /** The connection was not made in time. */
  | 'unconnected'
  /** Connected, asked, and no answer in time. */
  | 'silent'
  /** The answer began and did not end in time. */
  | 'slow'
  /** The connection broke, or what came was not a whole answer. */
  | 'broken'
  /** An answer that means "later": throttled, overloaded, a token not accepted yet, a key not there yet. */
  | 'put off'
  /** 403. */
  | 'forbidden';

export class FailedAttempt extends Error {
  override name = 'FailedAttempt';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

const telling: readonly FailureKind[] = [
  'forbidden',
  'silent',
  'slow',
  'put off',
  'broken',
  'unconnected',
  'refused',
  'unreachable',
];

/** Several failures as one: of the kind that says most about the cause, with the words of all. */
export function mostTelling(failures: readonly FailedAttempt[]): FailedAttempt {
  const kind = telling.find((one) => failures.some((failure) => failure.kind === one));
  const message = failures.map((failure) => failure.message).join('; ');
  return new FailedAttempt(kind ?? 'broken', message, { cause: failures[0] });
}

/** True where no connection came about at all. */
export function isGone({ kind }: FailedAttempt): boolean {
  return kind === 'refused' || kind === 'unreachable' || kind === 'unconnected';
}
