/** Whether the machine is being switched off: what tells a stop of a unit by its machine's end from one by a person. */
import type { Host } from '../host/host.ts';

/** Targets of systemd.special(7) after which nothing of this machine runs; a reboot is none of them: the node comes back. */
const off = /^\s*\d*\s*(poweroff|halt|exit)\.target\s+start\b/m;

/**
 * The target that systemd is on its way to, or undefined. Asked by its jobs: `is-system-running` says `stopping` for a
 * reboot as well.
 */
export async function poweringOff(host: Pick<Host, 'run'>): Promise<string | undefined> {
  const argv = ['systemctl', 'list-jobs', '--plain', '--no-legend', '--no-pager'] as const;
  const { exitCode, stdout } = await host.run([...argv], { timeoutSeconds: 5 });
  const found = exitCode === 0 ? off.exec(stdout)?.[1] : undefined;
  return found === undefined ? undefined : `${found}.target`;
}
