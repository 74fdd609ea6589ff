/** Member: one entry of an archive as the archive tells of it, whether tar or zip. Not judged yet. */

export interface Member {
  /** As in the archive, not normalised. */
  readonly name: string;
  readonly type: MemberType;
  /** All twelve permission bits. */
  readonly mode: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly modified: number;
  /** Target of a symlink or hard link, else empty. */
  readonly link: string;
}

export type MemberType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character device'
  | 'block device'
  | 'fifo'
  | 'sparse file'
  | 'socket'
  | 'unknown';

/** Takes an archive member by member: first what it is, then its content in pieces, each valid only during the call. */
export interface MemberTaker {
  member(member: Member): void;
  content(bytes: Uint8Array): void;
}
