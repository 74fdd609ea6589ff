/** What tells one machine from another: it must be made anew on each instance. */
import { type Cleaner, removing } from './cleaner.ts';
import type { Remnant } from './remnant.ts';

/**
 * An empty file, not one that says `uninitialized` and not none: both make systemd take the next start for the first of
 * the machine (machine-id(5), ConditionFirstBoot=), and apply the presets of all units, which enables again what the
 * bake disabled.
 */
const machineId: Cleaner = async (files) => {
  const remnants: Remnant[] = [];
  const stat = await files.stat('/etc/machine-id');
  if (stat === undefined || stat.size > 0)
    remnants.push({
      path: '/etc/machine-id',
      what: 'machine id',
      bytes: stat?.size ?? 0,
      end: { kind: 'rewrite', content: '', mode: 0o444 },
    });
  const path = '/var/lib/dbus/machine-id';
  const dbus = await files.stat(path);
  // A copy of it, where dbus was installed before systemd: it would keep the old one.
  if (dbus?.type === 'file')
    remnants.push({
      path,
      what: 'machine id of D-Bus',
      bytes: dbus.size,
      end: { kind: 'link', target: '/etc/machine-id' },
    });
  return remnants;
};

export const identity: readonly Cleaner[] = [
  machineId,
  // Two instances with the same host key can each play the other.
  removing('SSH host keys', ['/etc/ssh/ssh_host_*']),
  removing('random seed', [
    '/var/lib/systemd/random-seed',
    '/var/lib/urandom/random-seed',
    '/boot/efi/loader/random-seed',
    '/boot/loader/random-seed',
    '/efi/loader/random-seed',
  ]),
  removing('keys that systemd and NetworkManager derive others from', [
    '/var/lib/systemd/credential.secret',
    '/var/lib/NetworkManager/secret_key',
  ]),
  // With an old one a persistent timer fires at the first start; without any it begins to count there (systemd.timer(5)).
  removing('time stamps of timers', ['/var/lib/systemd/timers/*']),
];
