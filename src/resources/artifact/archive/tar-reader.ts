/**
 * A tar archive, read as it comes: fed with pieces of any size, it hands on the members and their content at once, without
 * copying the content and without a promise per member.
 */
import { ConfigError } from '../../../errors.ts';
import type { Member, MemberTaker, MemberType } from './member.ts';
import { type PaxRecords, paxNumber, paxRecords } from './pax.ts';
import { blockSize, type TarHeader, tarHeader, utf8 } from './tar-header.ts';

/** Long names and extended headers are collected in memory: PATH_MAX is 4 KiB, so this is far more than any needs. */
const largestExtension = 1 << 20;

const types: Readonly<Record<string, MemberType>> = {
  '\0': 'file',
  '0': 'file',
  // Contiguous: to be treated as a regular file (pax(1)).
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character device',
  '4': 'block device',
  '5': 'directory',
  '6': 'fifo',
  S: 'sparse file',
};

type Extension = 'x' | 'g' | 'L' | 'K';

export class TarReader {
  readonly #taker: MemberTaker;
  readonly #block = Buffer.alloc(blockSize);
  /** Bytes of `#block` that are there. */
  #filled = 0;
  /** Bytes of content still to come, and of the padding after them. */
  #content = 0;
  #padding = 0;
  /** Where content goes: to the taker, into an extension, or nowhere. */
  #into: 'taker' | 'extension' | 'nowhere' = 'nowhere';
  #extension: { readonly type: Extension; readonly bytes: Buffer; filled: number } | undefined;
  #global: PaxRecords = {};
  #records: PaxRecords = {};
  #longName: string | undefined;
  #longLink: string | undefined;
  #ended = false;

  constructor(taker: MemberTaker) {
    this.#taker = taker;
  }

  /** The end-of-archive mark was read: what follows is padding and is ignored. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next piece; throws ConfigError where it is not a tar archive. Nothing of `piece` is kept. */
  push(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && !this.#ended) {
      if (this.#content > 0) {
        const end = Math.min(piece.length, at + this.#content);
        this.#take(piece.subarray(at, end));
        this.#content -= end - at;
        at = end;
        if (this.#content === 0) this.#contentEnded();
      } else if (this.#padding > 0) {
        const skipped = Math.min(piece.length - at, this.#padding);
        this.#padding -= skipped;
        at += skipped;
      } else if (this.#filled === 0 && piece.length - at >= blockSize) {
        this.#header(piece.subarray(at, at + blockSize));
        at += blockSize;
      } else {
        const copied = piece.copy(this.#block, this.#filled, at);
        this.#filled = Math.min(blockSize, this.#filled + copied);
        at += copied;
        if (this.#filled === blockSize) {
          this.#filled = 0;
          this.#header(this.#block);
        }
      }
    }
  }

  /** Says that nothing more comes; throws ConfigError when the archive was not at its end. */
  end(): void {
    if (this.#ended) return;
    const where =
      this.#content > 0
        ? `${this.#content} bytes of a member are missing`
        : 'there is no end-of-archive mark';
    throw new ConfigError(`truncated tar archive: ${where}`);
  }

  #header(block: Buffer): void {
    const header = tarHeader(block);
    if (header === undefined) {
      this.#ended = true;
      return;
    }
    if ('xgLK'.includes(header.type)) this.#startExtension(header, header.type as Extension);
    else this.#startMember(header);
  }

  #startExtension(header: TarHeader, type: Extension): void {
    if (header.size > largestExtension) {
      throw new ConfigError(
        `refused tar archive: a header of ${header.size} bytes, at most ${largestExtension} are read`,
      );
    }
    this.#extension = { type, bytes: Buffer.alloc(header.size), filled: 0 };
    this.#expect(header.size, 'extension');
  }

  #startMember(header: TarHeader): void {
    const records = { ...this.#global, ...this.#records };
    const type = 'GNU.sparse' in records ? 'sparse file' : typeOf(header);
    const size = paxNumber(records, 'size') ?? header.size;
    const member: Member = {
      name: records.path ?? this.#longName ?? header.name,
      type,
      mode: header.mode & 0o7777,
      size: type === 'file' ? size : 0,
      modified: paxNumber(records, 'mtime') ?? header.modified,
      link: records.linkpath ?? this.#longLink ?? header.link,
    };
    this.#records = {};
    this.#longName = undefined;
    this.#longLink = undefined;
    // A volume label is no member.
    if (header.type !== 'V') this.#taker.member(member);
    // The size of a hard link is that of its target; no content follows (GNU tar and pax(1) without linkdata).
    this.#expect(type === 'hardlink' ? 0 : size, type === 'file' ? 'taker' : 'nowhere');
  }

  #expect(size: number, into: 'taker' | 'extension' | 'nowhere'): void {
    this.#content = size;
    this.#padding = (blockSize - (size % blockSize)) % blockSize;
    this.#into = into;
    if (size === 0) this.#contentEnded();
  }

  #take(bytes: Buffer): void {
    if (this.#into === 'taker') this.#taker.content(bytes);
    else if (this.#extension !== undefined) {
      this.#extension.filled += bytes.copy(this.#extension.bytes, this.#extension.filled);
    }
  }

  #contentEnded(): void {
    if (this.#extension === undefined) return;
    const { type, bytes } = this.#extension;
    this.#extension = undefined;
    if (type === 'x') this.#records = paxRecords(bytes);
    else if (type === 'g') this.#global = { ...this.#global, ...paxRecords(bytes) };
    else if (type === 'L') this.#longName = untilNul(bytes);
    else this.#longLink = untilNul(bytes);
  }
}

function typeOf(header: TarHeader): MemberType {
  const type = types[header.type] ?? 'unknown';
  // v7 archives mark a directory by the slash alone.
  return type === 'file' && header.name.endsWith('/') ? 'directory' : type;
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return utf8(end < 0 ? bytes : bytes.subarray(0, end));
}
