/** The distribution that machines boot: Debian 12 with what a bake of the shipped roles installs. An image is kept by the content of this file. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sh } from '../sh.ts';

const system = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'udev',
  'iproute2',
  'kmod',
  'procps',
  'ca-certificates',
  'cloud-init',
];
/** What `roles/` asks for: a bake installs it, so that a boot need not. */
const baked = [
  'chrony',
  'tomcat10',
  'openjdk-17-jre-headless',
  'logrotate',
  'nginx',
  'php8.2-curl',
  'php8.2-fpm',
  'php8.2-gd',
  'php8.2-intl',
  'php8.2-mbstring',
  'php8.2-memcached',
  'php8.2-mysql',
  'php8.2-opcache',
  'php8.2-xml',
  'php8.2-zip',
  'erlang-base',
];
/** Started by the agent or not at all, as in an image made by a bake. */
const notByThemselves = ['chrony', 'tomcat10', 'nginx', 'php8.2-fpm', 'epmd', 'phpsessionclean'];

/** Builds it into `root`. */
export function distribution(root: string): void {
  const packages = [...system, ...baked].join(',');
  sh('mmdebstrap', '--quiet', '--variant=apt', `--include=${packages}`, 'bookworm', root);
  // Only the test that is about it switches it on.
  writeFileSync(join(root, 'etc/cloud/cloud-init.disabled'), '');
  writeFileSync(join(root, 'etc/machine-id'), '');
  rmSync(join(root, 'etc/hostname'), { force: true });
  rmSync(join(root, 'etc/resolv.conf'), { force: true });
  writeFileSync(join(root, 'etc/resolv.conf'), 'nameserver 10.77.0.1\n');
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  mkdirSync(join(root, 'var/log/journal'), { recursive: true });
  const units = notByThemselves.map((name) => `${name}.service`);
  // No machine of ours can set its clock, and need not: all share that of the host.
  const dropIn = join(root, 'etc/systemd/system/chrony.service.d');
  mkdirSync(dropIn, { recursive: true });
  writeFileSync(
    join(dropIn, '10-clock-of-the-host.conf'),
    '[Unit]\nConditionCapability=\n[Service]\nExecStart=\nExecStart=!/usr/sbin/chronyd -x -F 1\n',
  );
  sh('systemctl', `--root=${root}`, 'disable', ...units.filter((unit) => isUnit(root, unit)));
}

function isUnit(root: string, unit: string): boolean {
  return existsSync(join(root, 'lib/systemd/system', unit));
}
