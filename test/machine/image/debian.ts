/** A plain Debian 12, as close to the image that Debian publishes for EC2 as machines without a kernel and disks of their own can be. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../sh.ts';
import { digestOfFiles, kept } from './kept.ts';

/** What Debian's image has and a node's boot can notice; no kernel, boot loader, or tools for people. */
const packages = [
  ...['systemd', 'systemd-sysv', 'libpam-systemd', 'dbus', 'udev', 'cloud-init', 'openssh-server'],
  ...['sudo', 'ca-certificates', 'iproute2', 'iputils-ping', 'kmod', 'procps', 'cron', 'logrotate'],
  // Their timers are what a bake masks.
  ...['unattended-upgrades', 'e2fsprogs', 'man-db'],
];

const chrony = `[Unit]
ConditionCapability=
[Service]
ExecStart=
ExecStart=!/usr/sbin/chronyd -x -F 1
`;

/** The network of the tests: what does not ask it would wait for a server that it cannot reach. */
export const nameServer = 'nameserver 10.77.0.1\n';

/** Gives its root directory. */
export async function debian(): Promise<string> {
  const digest = digestOfFiles(import.meta.filename);
  const folder = await kept(digest, 'a plain Debian 12', (building) => {
    const root = join(building, 'debian');
    sh(
      'mmdebstrap',
      '--quiet',
      '--variant=apt',
      // Nobody cuts the power here.
      '--dpkgopt=force-unsafe-io',
      `--include=${packages.join(',')}`,
      'bookworm',
      root,
    );
    rmSync(join(root, 'etc/dpkg/dpkg.cfg.d/99mmdebstrap'));
    // mmdebstrap gives it those of its host. DHCP would name the server; nobody has named the machine.
    rmSync(join(root, 'etc/hostname'), { force: true });
    writeFileSync(join(root, 'etc/resolv.conf'), nameServer);
    // Only the test that is about it switches it on.
    writeFileSync(join(root, 'etc/cloud/cloud-init.disabled'), '');
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
    mkdirSync(join(root, 'var/log/journal'), { recursive: true });
    // No machine of ours can set its clock, and need not: all share that of the host.
    const dropIn = join(root, 'etc/systemd/system/chrony.service.d');
    mkdirSync(dropIn, { recursive: true });
    writeFileSync(join(dropIn, '10-clock-of-the-host.conf'), chrony);
  });
  return join(folder, 'debian');
}
