/** What is on a simulated machine before the agent comes: a small Debian or Amazon Linux, and what the description adds. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineDescription } from './description.ts';
import type { Kernel } from './kernel.ts';

/**
 * Puts the first files below `root`. What is there already stays, so that a second agent on the same root finds the
 * machine as the first left it.
 */
export function seed(
  root: string,
  description: MachineDescription,
  kernel: Kernel,
  bootId: string = randomUUID(),
): void {
  // What tells that systemd is the init system (sd_booted(3)).
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  const everything: [path: string, content: string][] = [
    // What people wrote comes first: an own /etc/passwd is meant to be the one.
    ...Object.entries(description.files ?? {}),
    ...distribution(description),
    ...common(description),
    ['/proc/sys/kernel/random/boot_id', `${bootId}\n`],
    ...kernel.seeds(),
  ];
  for (const [path, content] of everything) {
    const real = join(root, path);
    if (existsSync(real)) continue;
    mkdirSync(dirname(real), { recursive: true });
    writeFileSync(real, content, { mode: 0o644 });
  }
}

function common({ kernel_modules: modules, packages }: MachineDescription): [string, string][] {
  const builtin = modules?.builtin ?? [];
  const installed = (packages?.installed ?? []).map((each) => {
    const [name, version = '1.0-1'] = each.split('=', 2);
    return `${name} ${version}\n`;
  });
  return [
    ['/etc/hostname', 'localhost\n'],
    [
      '/lib/modules/6.1.0-simulated/modules.builtin',
      builtin.map((name) => `kernel/${name}.ko\n`).join(''),
    ],
    ['/usr/bin/systemctl', 'simulated\n'],
    ['/usr/bin/hostnamectl', 'simulated\n'],
    ['/run/dbus/system_bus_socket', ''],
    ['/var/lib/simulated-packages', installed.sort().join('')],
    ['/sys/module/kernel/uevent', ''],
  ];
}

function distribution(description: MachineDescription): [string, string][] {
  const debian = description.distribution === 'debian';
  const users = [
    'root:x:0:0:root:/root:/bin/bash',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    ...(debian ? ['www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin'] : []),
    `nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin`,
  ];
  const groups = [
    'root:x:0:',
    'daemon:x:1:',
    'adm:x:4:',
    ...(debian ? ['sudo:x:27:', 'www-data:x:33:'] : ['wheel:x:10:']),
    'systemd-journal:x:101:',
    debian ? 'nogroup:x:65534:' : 'nobody:x:65534:',
  ];
  const release = debian
    ? 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (simulated)"\n'
    : 'ID=amzn\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023 (simulated)"\n';
  const tools = debian ? ['apt-get', 'dpkg', 'dpkg-query'] : ['dnf', 'rpm'];
  return [
    ['/etc/passwd', `${users.join('\n')}\n`],
    ['/etc/group', `${groups.join('\n')}\n`],
    ['/etc/os-release', release],
    ...tools.map((tool): [string, string] => [`/usr/bin/${tool}`, 'simulated\n']),
  ];
}
