/** What machine tests need of the machine that runs them; missing anything, they fail and say what. */
import { existsSync } from 'node:fs';

/** Program -> Debian package. */
const programs: Readonly<Record<string, string>> = {
  debugfs: 'e2fsprogs',
  ip: 'iproute2',
  mmdebstrap: 'mmdebstrap',
  mount: 'mount',
  nsenter: 'util-linux',
  openssl: 'openssl',
  packer: 'packer',
  'qemu-system-x86_64': 'qemu-system-x86',
  setpriv: 'util-linux',
  shellcheck: 'shellcheck',
  'systemd-nspawn': 'systemd-container',
};

/** Throws with everything that is missing, in words. */
export function demandPrerequisites(): void {
  const faults: string[] = [];
  if (process.platform !== 'linux') faults.push(`Linux; this is ${process.platform}`);
  if (process.getuid?.() !== 0) faults.push('root: run it by sudo, or in a machine of its own');
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const missing = Object.entries(programs).filter(
    ([program]) => !folders.some((folder) => existsSync(`${folder}/${program}`)),
  );
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
    faults.push(
      `${missing.map(([program]) => program).join(', ')}: apt-get install --no-install-recommends ${packages}`,
    );
  }
  if (faults.length > 0) {
    throw new Error(`Machine tests cannot run here. They need:\n  ${faults.join('\n  ')}`);
  }
}
