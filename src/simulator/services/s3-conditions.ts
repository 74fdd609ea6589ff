/** Conditional requests and ranges of the simulated S3 (RFC 9110, and the S3 user guide, conditional-requests). */
import { header, type SimulatedRequest } from './request.ts';
import { ServiceError } from './service.ts';

export interface Span {
  readonly from: number;
  readonly length: number;
  /** A range was asked for and is answered with 206, even where it covers everything. */
  readonly partial: boolean;
}

/** Throws what S3 answers when If-Match or If-None-Match does not hold. `etag`: of the object as it is; undefined: there is none. */
export function checkConditions(request: SimulatedRequest, etag: string | undefined): void {
  const writes = request.method === 'PUT';
  const match = header(request.headers, 'if-match');
  if (match !== undefined && !names(match, etag)) {
    if (writes && etag === undefined) {
      throw new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.');
    }
    throw failed();
  }
  const noneMatch = header(request.headers, 'if-none-match');
  if (noneMatch === undefined || !names(noneMatch, etag)) return;
  if (writes) throw failed();
  throw new ServiceError(304, 'NotModified', 'Not Modified', etag === undefined ? {} : { etag });
}

/**
 * The bytes a Range header asks for. S3 answers one range a request; a header it cannot read, or with several ranges, is
 * ignored. Throws InvalidRange (416) where the range begins behind the end.
 */
export function spanOf(range: string | undefined, size: number): Span {
  const whole = { from: 0, length: size, partial: false };
  const parts = /^bytes=(\d*)-(\d*)$/.exec(range?.trim() ?? '');
  if (parts === null || (parts[1] === '' && parts[2] === '')) return whole;
  if (parts[1] === '') {
    const last = Math.min(Number(parts[2]), size);
    if (last === 0) throw unsatisfiable(size);
    return { from: size - last, length: last, partial: true };
  }
  const from = Number(parts[1]);
  const to = parts[2] === '' ? size - 1 : Math.min(Number(parts[2]), size - 1);
  if (parts[2] !== '' && Number(parts[2]) < from) return whole;
  if (from >= size) throw unsatisfiable(size);
  return { from, length: to - from + 1, partial: true };
}

function names(condition: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  if (condition.trim() === '*') return true;
  const bare = etag.replaceAll('"', '');
  return condition
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '').replaceAll('"', '') === bare);
}

function failed(): ServiceError {
  return new ServiceError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
  );
}

function unsatisfiable(size: number): ServiceError {
  return new ServiceError(416, 'InvalidRange', 'The requested range is not satisfiable', {
    'content-range': `bytes */${size}`,
  });
}
