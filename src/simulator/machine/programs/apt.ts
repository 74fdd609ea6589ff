/** Simulated apt-get(8), dpkg(1) and dpkg-query(1). */
import { install, installed, offered, uninstall } from '../installed.ts';
import { done, failed, type Machine, type Program } from '../machine.ts';
import { systemctl } from './systemctl.ts';

const lists = '/var/lib/apt/lists/simulated';

export const aptGet: Program = async (machine, args) => {
  const [verb, ...names] = args.filter((arg, at) => !arg.startsWith('-') && args[at - 1] !== '-o');
  if (verb === 'update') {
    await machine.files.write(lists, '');
    return done;
  }
  if (verb === 'remove' || verb === 'purge') {
    for (const name of names) await uninstall(machine, name);
    return done;
  }
  if (verb !== 'install') return failed(100, `E: Invalid operation ${verb}`);
  return installAll(machine, names);
};

async function installAll(machine: Machine, names: readonly string[]) {
  const known =
    machine.description.packages?.lists_missing !== true ||
    (await machine.files.stat(lists)) !== undefined;
  const wanted = names.map((each) => {
    const [name = '', version] = each.split('=', 2);
    return { name, version, found: known ? offered(machine, name, version) : undefined };
  });
  for (const { name, version, found } of wanted) {
    if (found !== undefined) continue;
    const there = known && offered(machine, name) !== undefined;
    return failed(
      100,
      there
        ? `E: Version '${version}' for '${name}' was not found`
        : `E: Unable to locate package ${name}`,
    );
  }
  for (const { name, found } of wanted) {
    if (found === undefined) continue;
    const units = await install(machine, name, found);
    for (const unit of units) await systemctl(machine, ['enable', unit], {});
    // Maintainer scripts start services by invoke-rc.d(8), which asks policy-rc.d first.
    if ((await machine.files.stat('/usr/sbin/policy-rc.d')) !== undefined) continue;
    for (const unit of units) await machine.systemd.start(unit);
  }
  return done;
}

/** Knows one format, `${Package}\t${db:Status-Status}\t${Version}\n`. */
export const dpkgQuery: Program = async (machine, args) => {
  const all = await installed(machine);
  const names = args.filter((arg) => !arg.startsWith('-'));
  const lines = names
    .filter((name) => all.has(name))
    .map((name) => `${name}\tinstalled\t${all.get(name)}\n`);
  const unknown = names
    .filter((name) => !all.has(name))
    .map((name) => `dpkg-query: no packages found matching ${name}\n`);
  return {
    exitCode: unknown.length > 0 ? 1 : 0,
    stdout: lines.join(''),
    stderr: unknown.join(''),
  };
};

export const dpkg: Program = async (_machine, args) =>
  args.includes('--configure') || args.includes('--audit')
    ? done
    : failed(2, `dpkg: error: simulated: ${args.join(' ')}`);
