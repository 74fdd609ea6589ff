/** Another boot of the agent on a machine that runs: systemd starts it, as at power-on. */
import type { Tell } from '../events.ts';
import type { SmallHost } from '../host/small-host.ts';

const unit = 'bootstrap-agent.service';

/** Waits for its end; false where it failed, which has told the group by itself. */
export async function bootsAgain(host: Pick<SmallHost, 'run'>, tell: Tell): Promise<boolean> {
  const { exitCode, stderr } = await host.run(['systemctl', 'restart', '--', unit]);
  if (exitCode === 0) return true;
  const message = `this node was to be booted again, but ${unit} failed: ${stderr.trim()}`;
  tell({ type: 'warning', message });
  return false;
}
