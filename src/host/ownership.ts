/** Ownership: how owner, group and mode are given to what lies below a root: for real, or recorded. */
import {
  appendFileSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AccountNames } from './account-names.ts';
import { hasCode } from './file-errors.ts';
import type { Ownership } from './host.ts';

export type Kind = 'file' | 'directory' | 'symlink';

/** All methods take real paths. */
export interface OwnershipStrategy {
  /** Gives `real` to its owner: root where none is named; the mode stays where none is named. A symlink has no mode. */
  give(real: string, ownership: Ownership, kind: Kind): void;
  of(real: string, stats: Stats): { owner: string; group: string; mode: number };
  moved(from: string, to: string): void;
  removed(real: string): void;
}

/** chown(2) and chmod(2), names looked up in etc/passwd and etc/group below `root`. Needs root rights for other owners. */
export function realOwnership(root: string): OwnershipStrategy {
  const users = new AccountNames(join(root, 'etc/passwd'), 'user');
  const groups = new AccountNames(join(root, 'etc/group'), 'group');
  return {
    give(real, ownership, kind) {
      const uid = users.numberOf(ownership.owner ?? 'root');
      const gid = groups.numberOf(ownership.group ?? 'root');
      if (ownership.mode === undefined || kind === 'symlink') return lchownSync(real, uid, gid);
      // By descriptor: chmod(2) would follow a symlink that whoever owns the directory has put there meanwhile.
      const fd = openSync(real, constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        // chown first: it clears setuid bits that chmod may have to set (chown(2)).
        fchownSync(fd, uid, gid);
        fchmodSync(fd, ownership.mode);
      } finally {
        closeSync(fd);
      }
    },
    of: (_real, stats) => ({
      owner: users.nameOf(stats.uid),
      group: groups.nameOf(stats.gid),
      mode: stats.mode & 0o7777,
    }),
    moved: () => undefined,
    removed: () => undefined,
  };
}

type Entry = { owner: string; group: string; mode?: number };
type Line = { give: string; as: Entry } | { move: string; to: string } | { remove: string };

/**
 * Remembers what was asked for, so that a machine without root rights looks as it should: for the simulated machine.
 * `ledger` is a file outside the visible tree to which each change is appended, so that the next process knows as well.
 */
export function recordedOwnership(root: string, ledger = `${root}.ownership`): OwnershipStrategy {
  const entries = new Map<string, Entry>();
  const users = new AccountNames(join(root, 'etc/passwd'), 'user');
  const groups = new AccountNames(join(root, 'etc/group'), 'group');
  for (const line of linesOf(ledger)) replay(entries, line);
  const record = (line: Line) => {
    replay(entries, line);
    appendFileSync(ledger, `${JSON.stringify(line)}\n`);
  };
  return {
    give(real, ownership) {
      const { owner = 'root', group = 'root', mode = entries.get(real)?.mode } = ownership;
      // A user that is not there is refused here as well: a rehearsal must not go better than a boot.
      users.numberOf(owner);
      groups.numberOf(group);
      record({ give: real, as: { owner, group, ...(mode === undefined ? {} : { mode }) } });
    },
    of(real, stats) {
      const entry = entries.get(real) ?? { owner: 'root', group: 'root' };
      return { ...entry, mode: entry.mode ?? stats.mode & 0o7777 };
    },
    moved(from, to) {
      record({ move: from, to });
    },
    removed(real) {
      record({ remove: real });
    },
  };
}

function linesOf(ledger: string): Line[] {
  try {
    const text = readFileSync(ledger, 'utf8');
    // What follows the last line break was cut off while being written.
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new Error(`cannot read ${ledger} in ${dirname(ledger)}`, { cause: error });
  }
}

function replay(entries: Map<string, Entry>, line: Line): void {
  if ('give' in line) entries.set(line.give, line.as);
  else if ('remove' in line) forget(entries, line.remove);
  else {
    const moving = [...below(entries, line.move)];
    forget(entries, line.to);
    for (const [path, entry] of moving) {
      entries.delete(path);
      entries.set(line.to + path.slice(line.move.length), entry);
    }
  }
}

function forget(entries: Map<string, Entry>, path: string): void {
  for (const [each] of [...below(entries, path)]) entries.delete(each);
}

function* below(entries: Map<string, Entry>, path: string): Iterable<[string, Entry]> {
  for (const pair of entries) {
    if (pair[0] === path || pair[0].startsWith(`${path}/`)) yield pair;
  }
}
