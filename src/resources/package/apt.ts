/** Packages by apt-get(8) and dpkg-query(1). */
import type { Finished } from '../../host/host.ts';
import type { Effort, World } from '../resource.ts';
import { type PackageSystem, packageError, runTelling, type Wanted } from './package-system.ts';
import { withoutServiceStarts } from './service-starts.ts';

const env = {
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  // needrestart(1) would restart services of its own accord.
  NEEDRESTART_SUSPEND: '1',
};
const options = [
  '-q',
  '-y',
  '--no-install-recommends',
  // Configuration files that the role or an admin changed are kept.
  '-o',
  'Dpkg::Options::=--force-confold',
  // unattended-upgrades holds the lock on many a fresh instance.
  '-o',
  'DPkg::Lock::Timeout=120',
] as const;

/** Mirror not reached, half updated, or the lock still held. */
const passing =
  /Could not resolve|Temporary failure|Failed to fetch|Unable to fetch|Could not connect|Connection (failed|timed out|refused|reset)|Unable to connect|Hash Sum mismatch|Could not get lock|Unable to (acquire|lock)/;
const unknown = /Unable to locate package|has no installation candidate|was not found/;
/** What dpkg says after a run that was killed (dpkg(1)). */
const interrupted = /dpkg was interrupted/;

export const apt: PackageSystem = {
  name: 'apt',

  async installed(names, { host }, signal) {
    const format = `\${Package}\\t\${db:Status-Status}\\t\${Version}\\n`;
    const { stdout } = await host.run(['dpkg-query', '-W', `-f=${format}`, ...names], {
      ...(signal === undefined ? {} : { signal }),
    });
    const rows = stdout.split('\n').map((line) => line.split('\t'));
    const found = new Map<string, readonly string[]>();
    for (const [name = '', status, version = ''] of rows) {
      if (status === 'installed') found.set(name, [version]);
    }
    return found;
  },

  async install(wanted, world, effort) {
    await withoutServiceStarts(world.host.files, async () => {
      let finished = await install(wanted, world, effort);
      // An image without package lists, or with old ones, is usual: only then are they worth their time.
      if (finished.exitCode !== 0 && unknown.test(finished.stderr)) {
        const updated = await runTelling(['apt-get', 'update', ...options], env, world, effort);
        if (updated.exitCode !== 0) {
          throw packageError('update the package lists for', wanted, updated, passing, world);
        }
        finished = await install(wanted, world, effort);
      }
      if (finished.exitCode !== 0) {
        throw packageError('install', wanted, finished, passing, world);
      }
    });
  },

  async remove(wanted, world, effort) {
    const names = wanted.map(({ name }) => name);
    const finished = await healing(['apt-get', 'remove', ...options, ...names], world, effort);
    if (finished.exitCode !== 0) throw packageError('remove', wanted, finished, passing, world);
  },
};

function install(wanted: readonly Wanted[], world: World, effort: Effort): Promise<Finished> {
  const words = wanted.map(({ name, version }) =>
    version === 'present' ? name : `${name}=${version}`,
  );
  // A version is wanted as it is written, be it an older one than the machine has.
  const argv = ['apt-get', 'install', ...options, '--allow-downgrades', ...words] as const;
  return healing([...argv], world, effort);
}

/** Runs it; where an earlier run was cut off, finishes that one first. */
async function healing(
  argv: [string, ...string[]],
  world: World,
  effort: Effort,
): Promise<Finished> {
  const finished = await runTelling(argv, env, world, effort);
  if (finished.exitCode === 0 || !interrupted.test(finished.stderr)) return finished;
  await runTelling(['dpkg', '--force-confold', '--configure', '-a'], env, world, effort);
  return runTelling(argv, env, world, effort);
}
