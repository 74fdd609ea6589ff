/** Fault: something that goes wrong in the simulated AWS, as a scenario writes it down. */

export interface Fault {
  /**
   * What it befalls: `imds` or `imds:<key below /latest/, * allowed>`, `s3:GetObject`, `s3:GetObject:<bucket/key, * allowed>`,
   * `secretsmanager:BatchGetSecretValue`, `autoscaling:*`, ...: service, operation, and for some a subject.
   */
  readonly on: string;
  readonly do: FaultKind;
  /** How many matching requests it befalls; every one when absent. */
  readonly times?: number;
  /** Matching requests let through first. */
  readonly skip?: number;
  /** Only until this many seconds after the start, by the simulator's clock. */
  readonly until_seconds?: number;
}

export type FaultKind =
  /** Close the connection without an answer. */
  | 'reset'
  /** Take the request and never answer. */
  | 'hang'
  /** Answer with this status (and AWS error code). */
  | { readonly status: number; readonly code?: string; readonly message?: string }
  /** Answer correctly after so many milliseconds of the simulator's clock. */
  | { readonly delay_ms: number }
  /** Send the headers and this many bytes of the body, then close. */
  | { readonly truncate_at: number }
  /** Flip one byte of the body at this position. */
  | { readonly corrupt_at: number }
  /** Send the body at so many bytes a second on each connection, the first after so many milliseconds. */
  | { readonly bytes_per_second: number; readonly delay_ms?: number }
  /** Do what was asked, then close the connection instead of answering. */
  | 'lose-answer';
