/** The resource `hostname`: the running host name and the one of the next boot. */
import { driftOf } from './owned.ts';
import { succeed } from './programs.ts';
import type { Difference, Resource } from './resource.ts';
import type { HostnameStep } from './step.ts';

const persistent = '/etc/hostname';
const runningName = '/proc/sys/kernel/hostname';

export const hostname: Resource<HostnameStep> = {
  async check({ hostname: wanted }, { host: { files } }) {
    const differences: Difference[] = [];
    for (const [aspect, path] of [
      ['running', runningName],
      [persistent, persistent],
    ] as const) {
      const found = (await files.read(path))?.toString().trim();
      if (found === wanted) continue;
      differences.push({ aspect, ...(found === undefined ? {} : { found }), wanted });
    }
    return driftOf(differences);
  },

  async apply({ hostname: wanted }, { host, redactor }, { signal }) {
    // hostnamectl(1) tells systemd-hostnamed, and with it everybody who watches; minimal images do without.
    if ((await host.files.stat('/usr/bin/hostnamectl')) !== undefined) {
      const argv = ['hostnamectl', 'set-hostname', wanted] as const;
      await succeed(host, redactor, `set the host name ${wanted}`, [...argv], { signal });
      return;
    }
    await host.files.write(persistent, `${wanted}\n`);
    await host.files.poke(runningName, wanted);
  },
};
