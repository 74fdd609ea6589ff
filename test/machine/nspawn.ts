/** How a machine is run: systemd-nspawn in a control group and a network namespace of its own, and nsenter(1) to get in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Ran } from './hypervisor.ts';
import { tried } from './sh.ts';

const groupsFolder = '/sys/fs/cgroup';
/** One hierarchy where the host has only version 2; else those that systemd uses beside each other. */
const hierarchies = existsSync(`${groupsFolder}/cgroup.controllers`)
  ? ['.']
  : ['systemd', 'unified', 'memory', 'pids', 'cpu', 'cpuacct'].filter((one) =>
      existsSync(`${groupsFolder}/${one}`),
    );

/** Switches it on. The process that is given is nspawn; it exits when the machine is off. */
export function nspawn(
  name: string,
  root: string,
  binds: readonly string[],
  console: number,
): ChildProcess {
  // Without a group of its own each machine would land in that of its host's root, and two systemds would manage one tree.
  const groups = hierarchies
    .map(
      (one) =>
        `mkdir -p ${groupsFolder}/${one}/${name}; echo $$ > ${groupsFolder}/${one}/${name}/cgroup.procs`,
    )
    .join('; ');
  const argv = [
    ...['systemd-nspawn', '-q', '-D', root, '--register=no', '--keep-unit', `--machine=${name}`],
    '--kill-signal=SIGRTMIN+3',
    `--network-namespace-path=/run/netns/${name}`,
    // Not granted by itself where the network namespace is given by its path.
    '--capability=CAP_NET_ADMIN,CAP_SYS_MODULE',
    ...['--console=read-only', '--link-journal=no', '--resolv-conf=off', '--timezone=off'],
    ...binds,
    '/lib/systemd/systemd',
  ];
  return spawn('/bin/sh', ['-c', `${groups}; exec "$@"`, 'sh', ...argv], {
    stdio: ['ignore', console, console],
    // "network" makes /proc/sys/net writable and nothing else: vm.* and kernel.* would be the host's own.
    env: { PATH: process.env.PATH ?? '', SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network' },
    detached: true,
  });
}

/** PID 1 of the machine, as the host numbers it: the child of nspawn that is in another PID namespace. */
export function leaderOf(nspawnPid: number | undefined): number | undefined {
  if (nspawnPid === undefined) return undefined;
  try {
    const own = readlinkSync(`/proc/${nspawnPid}/ns/pid`);
    const children = readFileSync(`/proc/${nspawnPid}/task/${nspawnPid}/children`, 'utf8');
    return children
      .trim()
      .split(' ')
      .filter((pid) => pid !== '')
      .map(Number)
      .find((pid) => readlinkSync(`/proc/${pid}/ns/pid`) !== own);
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Killing nspawn itself would leave the machine running, an orphan. */
export function killLeader(nspawnPid: number | undefined): void {
  const leader = leaderOf(nspawnPid);
  if (leader !== undefined) process.kill(leader, 'SIGKILL');
}

/** Runs a program in all namespaces of the machine, with an environment that holds nothing of the host's. */
export function enter(leader: number | undefined, argv: readonly string[]): Promise<Ran> {
  if (leader === undefined)
    return Promise.resolve({ code: 97, stdout: '', stderr: 'the machine is off' });
  const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];
  const words = ['60', 'nsenter', '-t', String(leader), '-a', 'env', '-i', ...environment, ...argv];
  const child = spawn('timeout', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) =>
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr })),
  );
}

/** Removes the control groups of a machine that is off. */
export function removeGroups(name: string): void {
  for (const one of hierarchies)
    tried(
      'find',
      `${groupsFolder}/${one}/${name}`,
      '-depth',
      '-type',
      'd',
      '-exec',
      'rmdir',
      '{}',
      ';',
    );
  tried('rmdir', `/run/systemd/nspawn/propagate/${name}`);
}

/** Names of machines that have control groups, and the processes in them. */
export function groupsOf(pattern: RegExp): { name: string; pids: number[] }[] {
  return readdirSync(`${groupsFolder}/${hierarchies[0]}`)
    .filter((name) => pattern.test(name))
    .map((name) => {
      const folder = `${groupsFolder}/${hierarchies[0]}/${name}`;
      return { name, pids: pidsBelow(folder) };
    });
}

/** Machines of other runs are alive: groups come and go while this looks. */
function pidsBelow(group: string): number[] {
  try {
    const own = readFileSync(`${group}/cgroup.procs`, 'utf8').split('\n').filter(Boolean);
    const groups = readdirSync(group, { withFileTypes: true }).filter((one) => one.isDirectory());
    return [...own.map(Number), ...groups.flatMap(({ name }) => pidsBelow(`${group}/${name}`))];
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
