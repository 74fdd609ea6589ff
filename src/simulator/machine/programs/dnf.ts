/** Simulated dnf(8) and rpm(8). */
import { install, installed, offered, uninstall } from '../installed.ts';
import { done, failed, type Machine, type Program } from '../machine.ts';

export const dnf: Program = async (machine, args) => {
  const [verb, ...names] = args.filter((arg) => !arg.startsWith('-'));
  if (verb === 'remove') {
    for (const name of names) await uninstall(machine, name);
    return done;
  }
  if (verb !== 'install') return failed(1, `No such command: ${verb}.`);
  const wanted = names.map((each) => ({ each, ...named(machine, each) }));
  const unknown = wanted.find(({ found }) => found === undefined);
  if (unknown !== undefined) return failed(1, `Error: Unable to find a match: ${unknown.each}`);
  for (const { name, found } of wanted) {
    if (found !== undefined) await install(machine, name, found);
  }
  return done;
};

/** Knows one format, `%{NAME}\t%{VERSION}\t%{VERSION}-%{RELEASE}\n`. */
export const rpm: Program = async (machine, args) => {
  const all = await installed(machine);
  const names = args.filter((arg) => !arg.startsWith('-') && !arg.includes('%{'));
  const lines = names.map((name) => {
    const version = all.get(name);
    if (version === undefined) return `package ${name} is not installed\n`;
    return `${name}\t${version.replace(/-[^-]*$/, '')}\t${version}\n`;
  });
  return { exitCode: names.filter((name) => !all.has(name)).length, stdout: lines.join('') };
};

/** `name`, or `name-version` where the whole is no package's name. */
function named(machine: Machine, each: string) {
  const whole = offered(machine, each);
  if (whole !== undefined) return { name: each, found: whole };
  for (let at = each.indexOf('-'); at !== -1; at = each.indexOf('-', at + 1)) {
    const name = each.slice(0, at);
    const version = each.slice(at + 1);
    const found = offered(machine, name);
    if (found?.version === version || found?.version.startsWith(`${version}-`)) {
      return { name, found };
    }
  }
  return { name: each, found: undefined };
}
