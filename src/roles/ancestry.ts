/** Ancestry: the chain of roles that a class consists of, nearest first. */
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import { type Fault, faultAt } from './fault.ts';
import { type ReadRole, readRole } from './read-role.ts';
import type { RoleSource } from './role.ts';

export interface Chain {
  /** Nearest first: tomcat, base. */
  readonly roles: readonly ReadRole[];
  /** A parent that is missing, roles that extend each other in a circle, and all that is wrong in each file. */
  readonly faults: readonly Fault[];
}

/**
 * The role of `name` and all it extends, read and checked. Only these are read, not every role there is.
 * Throws ConfigError when there is no role of that name, saying which there are, and which tags the instance has.
 */
export function chainOf(
  name: string,
  sources: readonly RoleSource[],
  tagNames: readonly string[] = [],
): Chain {
  const own = sources.find((source) => source.name === name);
  if (own === undefined) throw new ConfigError(noSuchClass(name, sources, tagNames));
  const roles: ReadRole[] = [readRole(own)];
  const faults: Fault[] = [];
  for (let role = roles[0]; role !== undefined; ) {
    faults.push(...role.faults);
    const parent: ReadRole['extends'] = role.extends;
    role = undefined;
    if (parent === undefined) break;
    const names = roles.map((one) => one.name);
    const source = sources.find((one) => one.name === parent.name);
    if (names.includes(parent.name)) {
      faults.push(circleFault(roles.slice(names.indexOf(parent.name))));
    } else if (source === undefined) {
      const known = sources.map((one) => one.name);
      const hint = didYouMean(parent.name, known) || `; there are ${known.join(', ')}`;
      faults.push(faultAt(parent.at, 'extends', `there is no role "${parent.name}"${hint}`));
    } else {
      role = readRole(source);
      roles.push(role);
    }
  }
  return { roles, faults };
}

/** Told at the role that comes first by name, so that a circle is one fault from wherever it was entered. */
function circleFault(circle: readonly ReadRole[]): Fault {
  const [first = ''] = circle.map((role) => role.name).sort();
  const start = circle.findIndex((role) => role.name === first);
  const turned = [...circle.slice(start), ...circle.slice(0, start)];
  const shown = [...turned.map((role) => role.name), first].join(' -> ');
  const at = turned[0]?.extends?.at ?? { source: first };
  return faultAt(at, 'extends', `roles extend each other in a circle: ${shown}`);
}

function noSuchClass(
  name: string,
  sources: readonly RoleSource[],
  tagNames: readonly string[],
): string {
  const known = sources.map((source) => source.name).sort();
  if (known.length === 0) {
    return `No role for class "${name}": there are no roles at all. Add ${name}.yaml to the roles folder.`;
  }
  const roles = `there are roles for ${known.join(', ')}${didYouMean(name, known)}`;
  const tags = tagNames.length === 0 ? '' : ` The instance has the tags ${tagNames.join(', ')}.`;
  return `No role for class "${name}": ${roles}.${tags} Set another class (user data, the class tag, or class in agent.yaml), or add ${name}.yaml to the roles folder.`;
}
