/** Accounts of the machine as passwd(5) and group(5) hold them. */
import type { Files } from '../host/host.ts';

export interface Account {
  readonly uid: number;
  /** Name of the primary group, or its number as text where it has none. */
  readonly group: string;
  /** Names of the groups it is listed in. */
  readonly groups: readonly string[];
  readonly home: string;
  readonly shell: string;
}

/** The account of that name; undefined where there is none. */
export async function accountOf(files: Files, name: string): Promise<Account | undefined> {
  const row = (await rowsOf(files, '/etc/passwd')).find(([each]) => each === name);
  if (row === undefined) return undefined;
  const groups = await rowsOf(files, '/etc/group');
  const [, , uid = '', gid = '', , home = '', shell = ''] = row;
  return {
    uid: Number(uid),
    group: groups.find(([, , number]) => number === gid)?.[0] ?? gid,
    groups: groups
      .filter(([, , , members = '']) => members.split(',').includes(name))
      .map(([group = '']) => group),
    home,
    shell,
  };
}

export async function hasGroup(files: Files, name: string): Promise<boolean> {
  return (await rowsOf(files, '/etc/group')).some(([each]) => each === name);
}

async function rowsOf(files: Files, path: string): Promise<string[][]> {
  const text = String((await files.read(path)) ?? '');
  return text.split('\n').map((line) => line.split(':'));
}
