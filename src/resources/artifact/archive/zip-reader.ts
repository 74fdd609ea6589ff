/** A zip archive, read member by member from the verified file in the cache: its directory is at its end. */
import { ConfigError, messageOf } from '../../../errors.ts';
import type { Files } from '../../../host/host.ts';
import type { Member, MemberTaker, MemberType } from './member.ts';
import { type ByteRanges, byteRanges } from './zip-ranges.ts';

type Yauzl = typeof import('yauzl');
type ZipFile = import('yauzl').ZipFile;
type Entry = import('yauzl').Entry;

/** Smaller members are inflated in one call; a chain of streams for each of thousands costs more than the inflating. */
const smallMember = 1 << 20;
/** PATH_MAX: no link target is longer. */
const longestTarget = 4096;

/**
 * Hands the members of the zip file at `path`, `size` bytes long, to `taker`. Throws ConfigError where it is not a zip file, is
 * encrypted, or does not hold what its directory says.
 */
export async function readZip(
  files: Files,
  path: string,
  size: number,
  taker: MemberTaker,
  signal: AbortSignal,
): Promise<void> {
  const { default: yauzl } = await import('yauzl');
  const ranges = byteRanges(files, path);
  const zip = await inWords(
    yauzl.fromRandomAccessReaderPromise(ranges.reader(yauzl), size, {
      lazyEntries: true,
      // Names are judged by the one policy for all archives, not by the library's.
      decodeStrings: false,
      autoClose: false,
    }),
  );
  const entries = zip.eachEntry();
  for (;;) {
    signal.throwIfAborted();
    const next = await inWords(entries.next());
    if (next.done) return;
    await readEntry(yauzl, zip, ranges, next.value, taker);
  }
}

async function readEntry(
  yauzl: Yauzl,
  zip: ZipFile,
  ranges: ByteRanges,
  entry: Entry,
  taker: MemberTaker,
): Promise<void> {
  // `false`: backslashes, which some Windows tools write, are taken as slashes.
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const name = yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  if (entry.isEncrypted()) throw damaged(name, 'it is encrypted');
  const { type, mode } = kindOf(entry, name);
  const modified = Math.max(0, entry.getLastModDate({ timezone: 'UTC' }).getTime() / 1000 || 0);
  const member: Member = { name, type, mode, size: 0, modified, link: '' };
  if (type === 'symlink') {
    if (entry.uncompressedSize > longestTarget) throw damaged(name, 'its link target is too long');
    const target: Buffer[] = [];
    await readContent(zip, ranges, entry, name, (bytes) => target.push(Buffer.from(bytes)));
    taker.member({ ...member, link: Buffer.concat(target).toString('utf8') });
  } else if (type === 'file') {
    taker.member({ ...member, size: entry.uncompressedSize });
    await readContent(zip, ranges, entry, name, (bytes) => taker.content(bytes));
  } else taker.member(member);
}

/** The type and mode that Unix tools put into the upper half of the external attributes; other systems have none. */
function kindOf(entry: Entry, name: string): { type: MemberType; mode: number } {
  const directory = name.endsWith('/');
  const attributes = entry.versionMadeBy >> 8 === 3 ? entry.externalFileAttributes >>> 16 : 0;
  const format = attributes & 0o170000;
  const type = directory ? 'directory' : (formats.get(format) ?? 'unknown');
  const mode = attributes & 0o7777;
  return { type, mode: mode === 0 ? (directory ? 0o755 : 0o644) : mode };
}

/** inode(7), "The file type and mode". */
const formats: ReadonlyMap<number, MemberType> = new Map([
  [0, 'file'],
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
  [0o020000, 'character device'],
  [0o060000, 'block device'],
  [0o010000, 'fifo'],
  [0o140000, 'socket'],
]);

async function readContent(
  zip: ZipFile,
  ranges: ByteRanges,
  entry: Entry,
  name: string,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const zlib = process.getBuiltinModule('node:zlib');
  let checksum = 0;
  let size = 0;
  const takeChecked = (bytes: Uint8Array) => {
    checksum = zlib.crc32(bytes, checksum);
    size += bytes.length;
    take(bytes);
  };
  if (entry.compressedSize <= smallMember && entry.uncompressedSize <= 4 * smallMember) {
    takeChecked(await inWords(wholeContent(zip, ranges, entry), name));
  } else {
    const stream = await inWords(zip.openReadStreamPromise(entry), name);
    const pieces = stream[Symbol.asyncIterator]();
    for (;;) {
      const next = await inWords(pieces.next(), name);
      if (next.done) break;
      takeChecked(next.value as Buffer);
    }
  }
  if (size !== entry.uncompressedSize || checksum !== entry.crc32) {
    throw damaged(name, 'its content is not what the directory of the archive says');
  }
}

async function wholeContent(zip: ZipFile, ranges: ByteRanges, entry: Entry): Promise<Buffer> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const data = await ranges.read(fileDataStart, entry.compressedSize);
  if (entry.compressionMethod === 0) return data;
  if (entry.compressionMethod !== 8) {
    throw new Error(`its compression method is ${entry.compressionMethod}, not stored or deflated`);
  }
  const { inflateRawSync } = process.getBuiltinModule('node:zlib');
  return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
}

/** What the library throws, as a ConfigError; errors of the file system stay what they are. */
async function inWords<T>(asked: Promise<T>, member?: string): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    // Ours (StepError, ConfigError) have names of their own; the library and zlib throw plain errors.
    if (error instanceof Error && !/^(Range|Type)?Error$/.test(error.name)) throw error;
    if (member !== undefined) throw damaged(member, messageOf(error), error);
    throw new ConfigError(`damaged zip archive: ${messageOf(error)}`, { cause: error });
  }
}

function damaged(member: string, because: string, cause?: unknown): ConfigError {
  return new ConfigError(`cannot unpack archive member ${JSON.stringify(member)}: ${because}`, {
    cause,
  });
}
