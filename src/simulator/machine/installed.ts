/** Packages of a simulated machine: what is installed, and what installing and removing one does. */
import type { RepositoryPackage } from './description.ts';
import type { Machine } from './machine.ts';
import { groupadd, useradd } from './programs/accounts.ts';

const path = '/var/lib/simulated-packages';

/** Versions of the installed packages by name. */
export async function installed({ files }: Machine): Promise<Map<string, string>> {
  const text = String((await files.read(path)) ?? '');
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => line.split(' ') as [string, string]));
}

/** The package in the repository, of any or of exactly one version. */
export function offered(
  { description }: Machine,
  name: string,
  version?: string,
): (RepositoryPackage & { version: string }) | undefined {
  const found = description.packages?.repository?.[name];
  if (found === undefined) return undefined;
  const has = found.version ?? '1.0-1';
  return version === undefined || version === has ? { ...found, version: has } : undefined;
}

/** Installs a package that the repository has: its users, files and units. Gives the names of its units. */
export async function install(
  machine: Machine,
  name: string,
  found: RepositoryPackage & { version: string },
): Promise<string[]> {
  for (const user of found.users ?? []) {
    await groupadd(machine, ['--system', user], {});
    await useradd(machine, ['--system', '--gid', user, '--shell', '/usr/sbin/nologin', user], {});
  }
  for (const [file, content] of Object.entries(found.files ?? {})) {
    // A configuration file that is there already is kept (dpkg's --force-confold).
    if ((await machine.files.stat(file)) === undefined) await machine.files.write(file, content);
  }
  const units = unitFiles(name, found);
  for (const [unit, text] of Object.entries(units)) {
    await machine.files.write(`/usr/lib/systemd/system/${unit}`, text);
  }
  // Maintainer scripts reload systemd once the units are there, or gone.
  await machine.systemd.reload();
  const all = await installed(machine);
  await record(machine, all.set(name, found.version));
  return Object.keys(units);
}

/** Removes a package and its units; its other files stay, as configuration files do. */
export async function uninstall(machine: Machine, name: string): Promise<void> {
  const found = machine.description.packages?.repository?.[name];
  for (const unit of Object.keys(unitFiles(name, found ?? {}))) {
    await machine.systemd.stop(unit);
    await machine.files.remove(`/usr/lib/systemd/system/${unit}`);
  }
  await machine.systemd.reload();
  const all = await installed(machine);
  all.delete(name);
  await record(machine, all);
}

function unitFiles(name: string, { units = [] }: RepositoryPackage): Record<string, string> {
  if (!Array.isArray(units)) return units;
  const text = `[Unit]\nDescription=${name} (simulated)\n\n[Service]\nExecStart=/usr/sbin/${name}\n\n[Install]\nWantedBy=multi-user.target\n`;
  return Object.fromEntries(units.map((unit) => [unit, text]));
}

async function record({ files }: Machine, all: Map<string, string>): Promise<void> {
  const lines = [...all].sort().map(([name, version]) => `${name} ${version}\n`);
  await files.write(path, lines.join(''));
}
