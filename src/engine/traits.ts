/** Traits: what makes a machine an individual beside its instance id, and must not be the same on two. */
import { createHash } from 'node:crypto';
import type { Files } from '../host/host.ts';

export interface Traits {
  /** Digest of /etc/machine-id, which is confidential (machine-id(5)). */
  readonly machineId?: string;
  /** Digest of the public host keys of sshd. */
  readonly hostKeys?: string;
  readonly hostname?: string;
}

/** Reads them; one that is not there, or not yet, is absent. */
export async function traitsOf(files: Files): Promise<Traits> {
  const text = async (path: string) => (await files.read(path).catch(() => undefined))?.toString();
  const names = await files.list('/etc/ssh').catch(() => []);
  const keyFiles = names.filter((name) => /^ssh_host_\w+_key\.pub$/.test(name));
  const [machineId, hostname, ...keys] = await Promise.all([
    text('/etc/machine-id'),
    text('/etc/hostname'),
    ...keyFiles.map((name) => text(`/etc/ssh/${name}`)),
  ]);
  const name = hostname?.trim();
  return {
    ...digested('machineId', machineId),
    ...digested('hostKeys', keys.join('')),
    ...(name && { hostname: name }),
  };
}

/**
 * What a clone still has of the instance that its disk was taken from, one sentence each, and what to do about it.
 * `renamed`: the plan sets the host name.
 */
export function inherited(other: Traits, own: Traits, renamed: boolean): string[] {
  const same = (trait: keyof Traits) => own[trait] !== undefined && own[trait] === other[trait];
  const found: string[] = [];
  if (same('machineId'))
    found.push(
      'its machine id (/etc/machine-id): two machines then log, and ask for addresses, as one. Empty the file before an image is taken',
    );
  if (same('hostKeys'))
    found.push(
      'its SSH host keys (/etc/ssh/ssh_host_*): who holds one node can pass for the other. Remove them before an image is taken, or now: rm /etc/ssh/ssh_host_* && ssh-keygen -A && systemctl restart ssh',
    );
  if (same('hostname') && own.hostname !== 'localhost' && !renamed)
    found.push(`its host name ${own.hostname} (/etc/hostname): set "hostname" in the role`);
  return found;
}

function digested(name: keyof Traits, text: string | undefined): Traits {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '' || trimmed === 'uninitialized') return {};
  return { [name]: createHash('sha256').update(trimmed).digest('hex').slice(0, 16) };
}
