/** The resource `package`: packages of the distribution, by apt or dnf, whichever the machine has. */
import { ConfigError } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import { driftOf } from '../owned.ts';
import type { Difference, Resource, World } from '../resource.ts';
import type { PackageStep } from '../step.ts';
import { apt } from './apt.ts';
import { dnf } from './dnf.ts';
import type { PackageSystem, Wanted } from './package-system.ts';
import { leftover, removeLeftover } from './service-starts.ts';

export const packages: Resource<PackageStep> = {
  async check(step, world, { signal }) {
    const system = await systemOf(world.host.files);
    const differences = await differencesOf(step, system, world, signal);
    const left = await leftover(world.host.files);
    if (left !== undefined) differences.push(left);
    return driftOf(differences);
  },

  async apply(step, world, effort) {
    const system = await systemOf(world.host.files);
    const differing = new Set(effort.drift.differences.map(({ aspect }) => aspect));
    const wanted = wantedOf(step, system).filter(({ name }) => differing.has(name));
    const unwanted = wanted.filter(({ version }) => version === 'absent');
    const missing = wanted.filter(({ version }) => version !== 'absent');
    if (unwanted.length > 0) await system.remove(unwanted, world, effort);
    if (missing.length > 0) await system.install(missing, world, effort);
    await removeLeftover(world.host.files);
  },
};

/** The installed ones of the step's packages, by name, with their versions spelled in full. */
export async function installedVersions(
  step: PackageStep,
  world: World,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const system = await systemOf(world.host.files);
  const names = wantedOf(step, system).map(({ name }) => name);
  const installed = names.length === 0 ? [] : await system.installed(names, world, signal);
  const versions = [...installed].map(([name, spelled]) => [name, spelled.at(-1) ?? '']);
  return Object.fromEntries(versions.sort());
}

async function differencesOf(
  step: PackageStep,
  system: PackageSystem,
  world: World,
  signal: AbortSignal | undefined,
): Promise<Difference[]> {
  const wanted = wantedOf(step, system);
  if (wanted.length === 0) return [];
  const names = wanted.map(({ name }) => name);
  const installed = await system.installed(names, world, signal);
  return wanted.flatMap(({ name, version }): Difference[] => {
    const found = installed.get(name);
    if (version === 'absent') {
      return found === undefined
        ? []
        : [{ aspect: name, found: found.at(-1) ?? '', wanted: 'absent' }];
    }
    if (found === undefined) return [{ aspect: name, wanted: version }];
    if (version === 'present' || found.includes(version)) return [];
    return [{ aspect: name, found: found.at(-1) ?? '', wanted: version }];
  });
}

/** What the step wants under the names of this package system; what it does not want there is left out. */
function wantedOf(step: PackageStep, system: PackageSystem): Wanted[] {
  return step.packages.flatMap((spec) => {
    const name = spec[system.name];
    return name === undefined ? [] : [{ name, version: spec.wanted }];
  });
}

async function systemOf(files: Files): Promise<PackageSystem> {
  if ((await files.stat('/usr/bin/apt-get')) !== undefined) return apt;
  if ((await files.stat('/usr/bin/dnf')) !== undefined) return dnf;
  throw new ConfigError(
    'the role wants packages, but this machine has neither /usr/bin/apt-get nor /usr/bin/dnf: use an image of Debian, Ubuntu, Amazon Linux 2023 or Fedora, or take packages out of the role',
  );
}
