/** Service: what the front of the simulated AWS needs from each of its services. */
import type { Answer, Refusal } from '../faulty.ts';
import type { SimulatedRequest } from './request.ts';

export interface Service {
  /** The operation asked for and what it is about, for ledger, faults and permissions. Never throws. */
  name(request: SimulatedRequest): Named;
  /** Does what was asked. Throws ServiceError for what AWS would refuse. */
  perform(call: ServiceCall): Reply | Promise<Reply>;
  /** Puts a refusal into the service's wire format. */
  refuse(refusal: Refusal): Answer;
  /** Code and status with which the service refuses a signature, by reason. */
  readonly refusals: Readonly<Record<'unsigned' | 'stranger' | 'skewed' | 'denied', RefusalCode>>;
}

export interface Named {
  readonly operation: string;
  readonly subject: string;
  /** What IAM must allow, where it has another name than the operation. */
  readonly action?: string;
}

export interface ServiceCall extends Named {
  readonly request: SimulatedRequest;
  /** Whether IAM allows an action on a subject of the same service. */
  allows(operation: string, subject: string): boolean;
}

/** An answer whose body may be a span of a file, streamed rather than loaded. */
export type Reply = Answer & { readonly file?: FileSpan };

export interface FileSpan {
  readonly path: string;
  /** First byte and number of bytes. */
  readonly from: number;
  readonly length: number;
}

export interface RefusalCode {
  readonly status: number;
  readonly code: string;
}

/** A refusal in AWS's words. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
