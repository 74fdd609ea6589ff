/** Extended headers of pax archives: lines of "length key=value" (pax(1), "pax Extended Header"). */
import { ConfigError } from '../../../errors.ts';
import { utf8 } from './tar-header.ts';

export type PaxRecords = Readonly<Record<string, string>>;

/** Those that say what is unpacked; all others are skipped unread, since their values may be of any encoding. */
const known = new Set(['path', 'linkpath', 'size', 'mtime']);

/** The records that matter here. Throws ConfigError where the text is not of that form. */
export function paxRecords(bytes: Buffer): PaxRecords {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const digits = blank < 0 ? '' : bytes.toString('latin1', at, blank);
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, blank);
    if (
      !/^[1-9][0-9]{0,9}$/.test(digits) ||
      end > bytes.length ||
      bytes[end - 1] !== 0x0a ||
      equals < 0 ||
      equals >= end
    ) {
      throw new ConfigError('damaged tar archive: an extended header is not "length key=value"');
    }
    const key = bytes.toString('utf8', blank + 1, equals);
    if (known.has(key)) records[key] = utf8(bytes.subarray(equals + 1, end - 1));
    else if (key.startsWith('GNU.sparse.')) records['GNU.sparse'] = 'yes';
    at = end;
  }
  return records;
}

/** The record `key` as a number of at least 0, or undefined where there is none. */
export function paxNumber(records: PaxRecords, key: string): number | undefined {
  const text = records[key];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (key === 'mtime' && value < 0) return 0;
  if (/^[0-9]+(\.[0-9]*)?$/.test(text) && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new ConfigError(
    `damaged tar archive: ${key} in an extended header is ${JSON.stringify(text)}`,
  );
}
