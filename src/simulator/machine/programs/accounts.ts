/** Simulated useradd(8), groupadd(8), usermod(8) and getent(1): they really edit passwd(5) and group(5) of the machine. */
import type { Files } from '../../../host/host.ts';
import { done, failed, type Program } from '../machine.ts';

export const getent: Program = async ({ files }, [database = '', name]) => {
  const rows = await readRows(files, `/etc/${database}`);
  const found = rows.filter(([each]) => name === undefined || each === name);
  if (found.length === 0) return { exitCode: 2 };
  return { exitCode: 0, stdout: found.map((row) => `${row.join(':')}\n`).join('') };
};

export const groupadd: Program = async ({ files }, args) => {
  const { words, flags } = parsed(args);
  const groups = await readRows(files, '/etc/group');
  const name = words[0] ?? '';
  if (groups.some(([each]) => each === name)) {
    return failed(9, `groupadd: group '${name}' already exists`);
  }
  const gid = flags.gid ?? String(freeNumber(groups, 'system' in flags));
  await writeRows(files, '/etc/group', [...groups, [name, 'x', gid, '']]);
  return done;
};

export const useradd: Program = async ({ files }, args) => {
  const { words, flags } = parsed(args);
  const name = words[0] ?? '';
  const users = await readRows(files, '/etc/passwd');
  if (users.some(([each]) => each === name)) {
    return failed(9, `useradd: user '${name}' already exists`);
  }
  if (flags.uid !== undefined && users.some((row) => row[2] === flags.uid)) {
    return failed(4, `useradd: UID ${flags.uid} is not unique`);
  }
  const groups = await readRows(files, '/etc/group');
  const group = groups.find(([each, , gid]) => each === flags.gid || gid === flags.gid);
  if (group === undefined) return failed(6, `useradd: group '${flags.gid}' does not exist`);
  const uid = flags.uid ?? String(freeNumber(users, 'system' in flags));
  const home = flags['home-dir'] ?? `/home/${name}`;
  const row = [name, 'x', uid, group[2] ?? '', '', home, flags.shell ?? '/bin/sh'];
  await writeRows(files, '/etc/passwd', [...users, row]);
  if ('create-home' in flags) {
    await files.makeDirectory(home, { owner: name, group: group[0] ?? 'root', mode: 0o700 });
  }
  return joinGroups(files, name, flags.groups);
};

export const usermod: Program = async ({ files }, args) => {
  const { words, flags } = parsed(args);
  const name = words[0] ?? '';
  const users = await readRows(files, '/etc/passwd');
  const row = users.find(([each]) => each === name);
  if (row === undefined) return failed(6, `usermod: user '${name}' does not exist`);
  const groups = await readRows(files, '/etc/group');
  if (flags.uid !== undefined) row[2] = flags.uid;
  if (flags.gid !== undefined) {
    const group = groups.find(([each, , gid]) => each === flags.gid || gid === flags.gid);
    if (group === undefined) return failed(6, `usermod: group '${flags.gid}' does not exist`);
    row[3] = group[2] ?? '';
  }
  if (flags.home !== undefined) row[5] = flags.home;
  if (flags.shell !== undefined) row[6] = flags.shell;
  await writeRows(files, '/etc/passwd', users);
  return joinGroups(files, name, flags.groups);
};

async function joinGroups(files: Files, name: string, wanted = '') {
  const groups = await readRows(files, '/etc/group');
  for (const each of wanted.split(',').filter((group) => group !== '')) {
    const row = groups.find(([group]) => group === each);
    if (row === undefined) return failed(6, `group '${each}' does not exist`);
    const members = (row[3] ?? '').split(',').filter((member) => member !== '' && member !== name);
    row[3] = [...members, name].join(',');
  }
  await writeRows(files, '/etc/group', groups);
  return done;
}

const switches = new Set(['system', 'create-home', 'no-create-home', 'append', 'no-user-group']);

/** Long options alone: `--gid web`; those without a value are listed above. */
function parsed(args: readonly string[]): { words: string[]; flags: Record<string, string> } {
  const words: string[] = [];
  const flags: Record<string, string> = {};
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (!arg.startsWith('--')) words.push(arg);
    else if (switches.has(arg.slice(2))) flags[arg.slice(2)] = '';
    else {
      at += 1;
      flags[arg.slice(2)] = args[at] ?? '';
    }
  }
  return { words, flags };
}

async function readRows(files: Files, path: string): Promise<string[][]> {
  const text = String((await files.read(path)) ?? '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(':'));
}

async function writeRows(files: Files, path: string, rows: readonly string[][]): Promise<void> {
  await files.write(path, rows.map((row) => `${row.join(':')}\n`).join(''));
}

/** System accounts count down from 999, others up from 1000 (login.defs(5)). */
function freeNumber(rows: readonly string[][], system: boolean): number {
  const taken = new Set(rows.map((row) => Number(row[2])));
  for (let number = system ? 999 : 1000; ; number += system ? -1 : 1) {
    if (!taken.has(number)) return number;
  }
}
