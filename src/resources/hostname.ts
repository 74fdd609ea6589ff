/** The resource `hostname`: the running host name and the one of the next boot. */
import { driftOf } from './owned.ts';
import { succeed } from './programs.ts';
import type { Difference, Resource } from './resource.ts';
import type { HostnameStep } from './step.ts';

const persistent = '/etc/hostname';
const busSocket = '/run/dbus/system_bus_socket';
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
    // hostnamectl(1) tells systemd-hostnamed, and with it everybody who watches. Minimal images do without, and early in a
    // boot nobody listens yet: the network may be up before dbus.socket is, which waits for sysinit.target.
    const needed = ['/usr/bin/hostnamectl', busSocket].map((path) => host.files.stat(path));
    if ((await Promise.all(needed)).every((found) => found !== undefined)) {
      const argv = ['hostnamectl', 'set-hostname', wanted] as const;
      await succeed(host, redactor, `set the host name ${wanted}`, [...argv], { signal });
      return;
    }
    await host.files.write(persistent, `${wanted}\n`);
    await host.files.poke(runningName, wanted);
  },
};
