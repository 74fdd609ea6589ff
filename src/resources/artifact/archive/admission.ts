/** Admission: which members of an archive may be unpacked, and under which path. One set of rules for tar and zip. Pure. */
import { ConfigError } from '../../../errors.ts';
import { escapes } from './link-targets.ts';
import type { Member } from './member.ts';

/** A member that may be unpacked: its path is relative, normalised, and below the tree's root. */
export type Admitted =
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly modified: number;
    }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | { readonly type: 'hardlink'; readonly path: string; readonly existing: string };

type Kind = 'file' | 'directory' | 'symlink';

export interface AdmissionRules {
  /** Leading path components removed from member names. */
  readonly strip: number;
  /** What the whole archive may hold at most. */
  readonly limits: { readonly bytes: number; readonly files: number };
}

export class Admission {
  readonly #rules: AdmissionRules;
  /** Every path so far. */
  readonly #kinds = new Map<string, Kind>();
  readonly #targets = new Map<string, string>();
  #bytes = 0;
  #members = 0;

  constructor(rules: AdmissionRules) {
    this.#rules = rules;
  }

  /**
   * What to make of `member`, or undefined where nothing is left of its name after stripping. Throws ConfigError that names the
   * member and the rule it breaks.
   */
  admit(member: Member): Admitted | undefined {
    this.#count(member);
    const path = stripped(pathOf(member.name, member.name), this.#rules.strip);
    if (path === '') return undefined;
    if (member.type === 'directory') {
      this.#place(member, path, 'directory');
      return { type: 'directory', path, mode: (member.mode & 0o755) | 0o700 };
    }
    if (member.type === 'file') {
      if ((member.mode & 0o6000) !== 0) {
        throw refused(member, 'it is setuid or setgid');
      }
      this.#place(member, path, 'file');
      const mode = (member.mode & 0o755) | 0o600;
      return { type: 'file', path, mode, size: member.size, modified: member.modified };
    }
    if (member.type === 'symlink') {
      if (member.link.startsWith('/')) throw refused(member, `it links to ${shown(member.link)}`);
      if (member.link === '' || hasControl(member.link)) {
        throw refused(member, `its link target is ${shown(member.link)}`);
      }
      this.#place(member, path, 'symlink');
      this.#targets.set(path, member.link);
      return { type: 'symlink', path, target: member.link };
    }
    if (member.type === 'hardlink') {
      const existing = stripped(pathOf(member.link, member.name), this.#rules.strip);
      if (this.#kinds.get(existing) !== 'file') {
        throw refused(
          member,
          `it is a hard link to ${shown(member.link)}, which is no file of this archive before it`,
        );
      }
      if (existing === path) return undefined;
      this.#place(member, path, 'file');
      return { type: 'hardlink', path, existing };
    }
    throw refused(member, `it is a ${member.type}; only files, directories and links are unpacked`);
  }

  /** Judges what only the whole archive shows: where its symlinks lead. Throws ConfigError. */
  finish(): void {
    for (const [path, target] of this.#targets) {
      if (escapes(path, this.#targets)) {
        throw new ConfigError(
          `refused archive member ${shown(path)}: it links to ${shown(target)}, which is outside of the tree`,
        );
      }
    }
  }

  #count(member: Member): void {
    const { limits } = this.#rules;
    this.#members += 1;
    if (this.#members > limits.files) {
      throw refused(member, `the archive has more than ${limits.files} members (max_files)`);
    }
    this.#bytes += member.size;
    if (this.#bytes > limits.bytes) {
      throw refused(
        member,
        `with it the archive unpacks to more than ${limits.bytes} bytes (max_unpacked_mib)`,
      );
    }
  }

  /** Notes `path`; later members replace earlier ones of the same kind, and a file a link or the other way round. */
  #place(member: Member, path: string, kind: Kind): void {
    this.#placeParents(member, path);
    const before = this.#kinds.get(path);
    if (before !== undefined && (before === 'directory') !== (kind === 'directory')) {
      throw refused(member, `a ${before} of that name came before it`);
    }
    if (before === 'symlink') this.#targets.delete(path);
    this.#kinds.set(path, kind);
  }

  #placeParents(member: Member, path: string): void {
    const end = path.lastIndexOf('/');
    if (end < 0) return;
    const parent = path.slice(0, end);
    const kind = this.#kinds.get(parent);
    if (kind === 'directory') return;
    if (kind !== undefined) {
      throw refused(member, `it lies below ${shown(parent)}, which is a ${kind} of this archive`);
    }
    this.#placeParents(member, parent);
    this.#kinds.set(parent, 'directory');
  }
}

/** The path in its shortest form. Throws ConfigError for one that could lead out of the tree. */
function pathOf(name: string, member: string): string {
  if (name === '' || hasControl(name)) {
    throw refused({ name: member }, `the name ${shown(name)} is empty or holds control characters`);
  }
  if (name.startsWith('/')) throw refused({ name: member }, `${shown(name)} is an absolute path`);
  if (isPlain(name)) return name;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused({ name: member }, `${shown(name)} contains ".."`);
  return parts.join('/');
}

/** Most names need no work: no empty, `.` or `..` component. */
function isPlain(name: string): boolean {
  return !(name[0] === '.' || name.endsWith('/') || name.includes('//') || name.includes('/.'));
}

function stripped(path: string, strip: number): string {
  return strip === 0 ? path : path.split('/').slice(strip).join('/');
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

function refused(member: { readonly name: string }, because: string): ConfigError {
  return new ConfigError(`refused archive member ${shown(member.name)}: ${because}`);
}
