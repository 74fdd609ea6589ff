/** Packages by dnf(8) and rpm(8). dnf waits for its lock by itself, and its packages do not start their services. */
import { type PackageSystem, packageError, runTelling } from './package-system.ts';

const options = ['-y', '-q', '--setopt=install_weak_deps=False'] as const;

/** Mirror not reached or half updated. */
const passing =
  /Failed to download|Curl error|Cannot (download|prepare)|No more mirrors|All mirrors were tried|Could not resolve|Timeout was reached|Connection (timed out|refused|reset)/;

export const dnf: PackageSystem = {
  name: 'dnf',

  async installed(names, { host }, signal) {
    const format = '%{NAME}\\t%{VERSION}\\t%{VERSION}-%{RELEASE}\\n';
    const { stdout } = await host.run(['rpm', '-q', '--qf', format, ...names], {
      ...(signal === undefined ? {} : { signal }),
    });
    const rows = stdout.split('\n').map((line) => line.split('\t'));
    const found = new Map<string, readonly string[]>();
    for (const [name = '', version, full] of rows) {
      if (version !== undefined && full !== undefined) found.set(name, [version, full]);
    }
    return found;
  },

  async install(wanted, world, effort) {
    const words = wanted.map(({ name, version }) =>
      version === 'present' ? name : `${name}-${version}`,
    );
    const argv = ['dnf', 'install', ...options, ...words] as const;
    const finished = await runTelling([...argv], undefined, world, effort);
    if (finished.exitCode !== 0) throw packageError('install', wanted, finished, passing, world);
  },

  async remove(wanted, world, effort) {
    const names = wanted.map(({ name }) => name);
    const argv = ['dnf', 'remove', ...options, ...names] as const;
    const finished = await runTelling([...argv], undefined, world, effort);
    if (finished.exitCode !== 0) throw packageError('remove', wanted, finished, passing, world);
  },
};
