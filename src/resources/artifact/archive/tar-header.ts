/** One tar header block: ustar of POSIX, the older v7, and GNU's variant (pax(1) "ustar Interchange Format"; tar(5)). */
import { isUtf8 } from 'node:buffer';
import { ConfigError } from '../../../errors.ts';

export const blockSize = 512;

export interface TarHeader {
  readonly name: string;
  /** The type flag: '0' file, '5' directory, 'x' pax, 'L' GNU long name, ... */
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly modified: number;
  readonly link: string;
}

/** The header in a block of 512 bytes, or undefined for a block of zeros. Throws ConfigError when it is not a header. */
export function tarHeader(block: Buffer): TarHeader | undefined {
  const wanted = checksum(block);
  if (wanted === emptyChecksum && isZero(block)) return undefined;
  const found = number(block, 148, 8, 'checksum');
  if (found !== wanted && found !== signedChecksum(block)) {
    throw new ConfigError(
      `not a tar archive, or a damaged one: a header's checksum is ${found}, its bytes give ${wanted}`,
    );
  }
  const name = text(block, 0, 100);
  // Only POSIX's magic ends in NUL. GNU's ("ustar  ") keeps other things where the prefix would be.
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block, 345, 155) : '';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: String.fromCharCode(block[156] ?? 0),
    mode: number(block, 100, 8, 'mode'),
    size: number(block, 124, 12, 'size'),
    modified: number(block, 136, 12, 'mtime'),
    link: text(block, 157, 100),
  };
}

/** The bytes up to the first NUL as UTF-8. Throws ConfigError for other encodings: the file would get another name. */
export function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    throw new ConfigError(
      `a name in the archive is not UTF-8: ${JSON.stringify(bytes.toString('latin1'))}; pack it with UTF-8 names`,
    );
  }
  return bytes.toString('utf8');
}

/** The checksum field counts as eight blanks. */
const emptyChecksum = 8 * 0x20;

function checksum(block: Buffer): number {
  let sum = emptyChecksum;
  for (let at = 0; at < 148; at += 1) sum += block[at] ?? 0;
  for (let at = 156; at < blockSize; at += 1) sum += block[at] ?? 0;
  return sum;
}

/** Some old writers summed signed characters (tar(5)). */
function signedChecksum(block: Buffer): number {
  let sum = emptyChecksum;
  for (let at = 0; at < blockSize; at += 1) {
    if (at < 148 || at >= 156) sum += block.readInt8(at);
  }
  return sum;
}

function isZero(block: Buffer): boolean {
  for (let at = 148; at < 156; at += 1) if (block[at] !== 0) return false;
  return true;
}

function text(block: Buffer, from: number, length: number): string {
  let end = from;
  while (end < from + length && block[end] !== 0) end += 1;
  return end === from ? '' : utf8(block.subarray(from, end));
}

/** Octal digits with blanks or NUL around, or GNU's base-256 for what is too large for them. */
function number(block: Buffer, from: number, length: number, what: string): number {
  const first = block[from] ?? 0;
  if (first >= 0x80) return binary(block, from, length, what);
  let value = 0;
  let digits = 0;
  for (let at = from; at < from + length; at += 1) {
    const byte = block[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x37) {
      value = value * 8 + (byte - 0x30);
      digits += 1;
    } else if (byte === 0 || byte === 0x20) {
      if (digits > 0) break;
    } else {
      throw notANumber(block, from, length, what);
    }
  }
  return value;
}

function binary(block: Buffer, from: number, length: number, what: string): number {
  const first = block[from] ?? 0;
  // 0xff starts a negative number: a time before 1970 is of no interest, all else cannot be negative.
  if (first === 0xff && what === 'mtime') return 0;
  let value = first & 0x7f;
  for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (block[at] ?? 0);
  if (first === 0xff || !Number.isSafeInteger(value)) throw notANumber(block, from, length, what);
  return value;
}

function notANumber(block: Buffer, from: number, length: number, what: string): ConfigError {
  const found = JSON.stringify(block.toString('latin1', from, from + length));
  return new ConfigError(
    `not a tar archive, or a damaged one: the ${what} of a member is ${found}`,
  );
}
