/** SSH host keys come back on the next start: made by cloud-init, by a unit of the distribution, or by ours. */
import type { Host } from '../../host/host.ts';
import { cloudInitRuns } from './cloud.ts';

export const hostKeysUnit = 'bootstrap-agent-host-keys.service';

/** True where there is an SSH server and nobody else makes keys for it. */
export async function needsHostKeys({ files }: Host): Promise<boolean> {
  if ((await files.stat('/usr/sbin/sshd')) === undefined) return false;
  if (await cloudInitRuns(files)) return false;
  for (const folder of ['/usr/lib/systemd/system', '/lib/systemd/system'])
    for (const name of ['sshd-keygen@.service', 'sshd-keygen.service', 'ssh-keygen.service'])
      if ((await files.stat(`${folder}/${name}`)) !== undefined) return false;
  return true;
}
