/** Machines as containers: systemd-nspawn(1) on the kernel of this machine, a quarter of a second to boot. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hypervisor } from './hypervisor.ts';
import { bindsOf, resetKernel, writeKernel } from './kernel.ts';
import { enter, killLeader, leaderOf, nspawn, removeGroups } from './nspawn.ts';
import { sh } from './sh.ts';

export const containers: Hypervisor = {
  patience: { seconds: 300, lookEveryMs: 50 },

  plug: (cloud, { name }) => cloud.plug(name),

  furnish: ({ root }) => writeKernel(root),

  powerOn({ name, root }, console) {
    resetKernel(root);
    const process = nspawn(name, root, bindsOf(root), console);
    let ended = false;
    const off = new Promise<number>((resolve) =>
      process.once('exit', (code) => {
        ended = true;
        resolve(code ?? -1);
      }),
    );
    return {
      off,
      up: leads(
        () => leaderOf(process.pid),
        () => ended,
        name,
      ),
      cut: () => killLeader(process.pid),
      press: () => process.kill('SIGTERM'),
      run: (argv) => enter(leaderOf(process.pid), argv),
    };
  },

  read: ({ root }, path) => readFileSync(join(root, path), 'utf8'),

  journal: ({ root }) => join(root, 'var/log/journal'),

  remove({ name }) {
    sh('ip', 'netns', 'del', name);
    removeGroups(name);
  },
};

/** nspawn is a process for some time before there is a PID 1 in it. */
async function leads(
  leader: () => number | undefined,
  ended: () => boolean,
  name: string,
): Promise<void> {
  while (leader() === undefined) {
    if (ended()) throw new Error(`${name} went off before it had a PID 1; see its console`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
