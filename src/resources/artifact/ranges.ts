/** Ranges: the parts in which a large object is fetched, so that several connections can share it. Pure. */

export interface Range {
  readonly from: number;
  /** Byte behind the last. */
  readonly to: number;
}

const mib = 1 << 20;
/** Up to this much, what further connections would save goes into opening them. */
const largestSingle = 16 * mib;
/** What is asked for first of an object whose size nobody told: many are smaller. */
const firstOfUnknown = 8 * mib;

/**
 * The first range of an object of `size` bytes, from byte `from` on, where the rest of it is worth several connections; undefined:
 * the rest is to be asked for as a whole. Its answer tells the size where that is not known, so no HEAD is needed.
 */
export function firstRange(from: number, size: number | undefined): Range | undefined {
  if (size === undefined) return { from, to: from + firstOfUnknown };
  if (size - from <= largestSingle) return undefined;
  return { from, to: from + rangeSize(size) };
}

/** The ranges of an object of `size` bytes, from byte `from` to its end. */
export function rangesOf(from: number, size: number): Range[] {
  const step = rangeSize(size);
  const ranges: Range[] = [];
  for (let at = from; at < size; at += step)
    ranges.push({ from: at, to: Math.min(at + step, size) });
  return ranges;
}

/** Requests that an object of `size` bytes takes when nothing goes wrong; at least 1 where it is not known. */
export function requestsFor(size: number | undefined): number {
  const first = firstRange(0, size);
  return size === undefined || first === undefined ? 1 : 1 + rangesOf(first.to, size).length;
}

/**
 * Long against the wait for the first byte of each (25 ms are 2 MiB at the 90 MB/s that one connection to S3 brings), short
 * enough that the last ones end together.
 */
function rangeSize(size: number): number {
  if (size <= 64 * mib) return 4 * mib;
  return size <= 1024 * mib ? 8 * mib : 16 * mib;
}
