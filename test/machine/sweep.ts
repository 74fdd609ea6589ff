/** Removes what a run left that died before it could clean up: machines, mounts, network namespaces, folders. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workFolder } from './image/kept.ts';
import { groupsOf, removeGroups } from './nspawn.ts';
import { sh, tried } from './sh.ts';
import { pidFile } from './vm/qemu.ts';

/** Everything of ours carries the id of the process that made it; what a living process made is left alone. */
const ours = /^ba-(\d+)-/;

export function sweepLeftovers(): void {
  const isDead = (name: string) => {
    const pid = ours.exec(name)?.[1] ?? /(?:^run|\.building)-(\d+)$/.exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const dead = () => groupsOf(ours).filter(({ name }) => isDead(name));
  for (const { pids } of dead()) for (const pid of pids) tried('kill', '-9', String(pid));
  // A killed process is in its group until it is gone.
  for (let tries = 100; tries > 0 && dead().some(({ pids }) => pids.length > 0); tries--)
    sh('sleep', '0.05');
  for (const { name } of dead()) removeGroups(name);
  endEmulators(isDead);
  for (const mount of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const path = mount.split(' ')[1] ?? '';
    // Its machine's process, or that of the whole run: either number may belong to somebody else by now.
    const names = path.startsWith(`${workFolder}/`) ? path.split('/').slice(-3) : [];
    if (names.some(isDead)) tried('umount', '-l', path);
  }
  for (const line of sh('ip', 'netns', 'list').split('\n')) {
    const name = line.split(' ')[0] ?? '';
    if (isDead(name)) tried('ip', 'netns', 'del', name);
  }
  if (!existsSync(workFolder)) return;
  for (const name of readdirSync(workFolder)) {
    // Where a mount is still busy, the next run tries again: a test is not to fail for what another left.
    if (isDead(name)) tried('rm', '-rf', '--one-file-system', join(workFolder, name));
  }
}

/** Virtual machines end with the process that made them; where even that was cut short, their pid is in their folder. */
function endEmulators(isDead: (name: string) => boolean): void {
  if (!existsSync(workFolder)) return;
  for (const run of readdirSync(workFolder).filter(isDead)) {
    for (const machine of readdirSync(join(workFolder, run))) {
      const folder = join(workFolder, run, machine);
      if (!existsSync(pidFile(folder))) continue;
      const pid = readFileSync(pidFile(folder), 'utf8');
      // The number may be somebody else's by now.
      const command = `/proc/${pid}/cmdline`;
      if (existsSync(command) && readFileSync(command, 'utf8').includes(folder))
        tried('kill', '-9', pid);
    }
  }
}
