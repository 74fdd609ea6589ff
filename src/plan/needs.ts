/**
 * Needs: which steps must have succeeded before a step starts. Derived from what a step touches, so that a role names only
 * what cannot be seen. The rules, by kind:
 *
 * - hostname, kernel modules, masks: nothing. sysctl: the kernel modules, since a module brings its keys.
 * - packages: what configures the package system itself (sources, keys, proxies).
 * - user: declared users whose groups it joins; the packages when it joins a group that nobody declares.
 * - secrets: the declared users that own them; the packages for owners that nobody declares.
 * - directory, file, artifact: the nearest declared directory above, owner and group as above, the secrets in the
 *   content; and the packages (see `waitsForPackages`).
 * - command: the secrets in its environment, and every step that is neither a command nor a service, unless that step
 *   comes after one.
 * - service: what `needs` names, else every step that is not a service, unless it comes after one; always its secrets.
 *
 * Commands and services that the role pins to the phase `prepare` do not wait for steps of `activate` by themselves.
 */

import { didYouMean } from '../did-you-mean.ts';
import type { ServiceStep, Step } from '../resources/step.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import type { Accounts } from './accounts.ts';
import type { Faults } from './faults.ts';
import { comingAfter } from './graph.ts';
import type { Layout } from './layout.ts';
import { matches } from './pattern.ts';
import { activating, pinOf } from './phases.ts';
import { secretsIn } from './text.ts';

/** The steps (whose `needs` hold what the role says under `after`) with all needs; unknown names are added to `faults`. */
export function withNeeds(
  steps: readonly Step[],
  site: { role: FilledRole; accounts: Accounts; layout: Layout },
  faults: Faults,
): Step[] {
  const ids = steps.map((step) => step.id);
  const kinds = new Map<Step['kind'], Step[]>();
  for (const step of steps) {
    const alike = kinds.get(step.kind);
    if (alike === undefined) kinds.set(step.kind, [step]);
    else alike.push(step);
  }
  const direct = steps.map((step) => {
    const after = step.needs.filter((id) => isKnown(id, ids, `${step.from}.after`, faults));
    return { ...step, needs: [...after, ...touches(step, steps, kinds, site)] };
  });
  const runs = new Set(steps.filter((step) => runsSomething(step)).map((step) => step.id));
  const afterRun = comingAfter(runs, direct);
  const services = new Set(steps.filter((s) => s.kind === 'service').map((s) => s.id));
  const afterService = comingAfter(services, direct);
  // What is prepared in a warm pool cannot wait for what is not there: it comes after the rest by itself.
  const late = new Set(activating(direct, site.role));
  const early = (step: Step) => pinOf(step, site.role.document) === 'prepare';
  const beforeCommands = direct.filter((s) => !runs.has(s.id) && !afterRun.has(s.id));
  const beforeServices = direct.filter((s) => !services.has(s.id) && !afterService.has(s.id));
  const places = new Map(ids.map((id, place) => [id, place]));
  const inOrderOfPlan = (wanted: ReadonlySet<string>) =>
    [...wanted]
      .flatMap((id) => places.get(id) ?? [])
      .sort((a, b) => a - b)
      .map((place) => steps[place] as Step);
  return direct.map((step) => {
    const all = (others: readonly Step[]) =>
      others.map(({ id }) => id).filter((id) => !early(step) || !late.has(id));
    const more =
      step.kind === 'command'
        ? all(beforeCommands)
        : step.kind === 'service'
          ? (named(step, ids, site.role, faults) ?? all(beforeServices))
          : [];
    return finished(step, inOrderOfPlan(new Set([...step.needs, ...more])), site.role, faults);
  });
}

const runsSomething = (step: Step) => step.kind === 'command' || step.kind === 'service';

/** What a service reads when it starts: it restarts when one of these changed. Parameters of the kernel act at once. */
/** Not so a file that says it is of no use to a service that runs. */
const restarting: ReadonlySet<Step['kind']> = new Set(['artifact', 'file', 'package', 'secret']);

/** The step with its needs, which are in the order of the plan, each once. */
function finished(step: Step, needed: readonly Step[], role: FilledRole, faults: Faults): Step {
  const needs = needed.map((other) => other.id);
  if (step.kind !== 'service') return { ...step, needs };
  const restartOn = needed.filter(restartsServices).map((other) => other.id);
  const reloads = reloadOn(step, restartOn, role, faults);
  return { ...step, needs, restartOn, ...(reloads !== undefined && { reloadOn: reloads }) };
}

/** Ids that the service's `reload` names; undefined where it has none. Each must be a reason to restart otherwise. */
function reloadOn(
  step: ServiceStep,
  restartOn: readonly string[],
  role: FilledRole,
  faults: Faults,
): string[] | undefined {
  const patterns = role.document.services[step.from.slice('services.'.length)]?.reload;
  for (const pattern of patterns ?? []) {
    if (restartOn.some((id) => matches(pattern, id))) continue;
    const reasons = restartOn.length === 0 ? 'nothing' : restartOn.join(', ');
    faults.add(
      `${step.from}.reload`,
      `"${pattern}" matches nothing that ${step.unit} would restart for; it restarts for ${reasons}`,
    );
  }
  return patterns && restartOn.filter((id) => patterns.some((pattern) => matches(pattern, id)));
}

function restartsServices(step: Step): boolean {
  return restarting.has(step.kind) && !(step.kind === 'file' && step.restarts === false);
}

function touches(
  step: Step,
  steps: readonly Step[],
  kinds: ReadonlyMap<Step['kind'], readonly Step[]>,
  { accounts, layout }: { accounts: Accounts; layout: Layout },
): string[] {
  const all = (kind: Step['kind']) => (kinds.get(kind) ?? []).map((s) => s.id);
  switch (step.kind) {
    case 'hold':
    case 'hostname':
    case 'kernel-module':
    case 'mask':
      return [];
    case 'sysctl':
      return all('kernel-module');
    case 'package':
      return steps.filter((s) => 'path' in s && configuresPackages(s.path)).map((s) => s.id);
    case 'user':
      return accounts.groupsOf(step);
    case 'secret':
      return step.secrets.flatMap((secret) => accounts.owning(secret));
    case 'directory':
    case 'file':
    case 'artifact': {
      const parent = layout.parentOf(step.path);
      return [
        ...accounts.owning(step),
        ...(parent === undefined ? [] : [parent]),
        ...(waitsForPackages(step.path) ? all('package') : []),
        ...(namesSecrets(step) ? all('secret') : []),
      ];
    }
    case 'command':
    case 'service':
      return namesSecrets(step) ? all('secret') : [];
  }
}

function namesSecrets(step: Step): boolean {
  if (step.kind === 'file') return secretsIn(step.content).length > 0;
  if (step.kind === 'command')
    return Object.values(step.env).some((text) => secretsIn(text).length > 0);
  return step.kind === 'service' && Object.keys(step.credentials).length > 0;
}

/**
 * A package creates folders and owners, and dpkg asks about a configuration file that was there before it
 * (Debian policy, 10.7); so files come after packages. Not so where packages of a distribution put nothing: /srv, /opt
 * and /usr/local are the site's own (FHS 3.0, 3.13, 3.17, 4.9), /run is empty at boot. There downloads start at once.
 */
function waitsForPackages(path: string): boolean {
  const own = ['/opt/', '/srv/', '/usr/local/', '/run/'].some((folder) =>
    `${path}/`.startsWith(folder),
  );
  return !own && !configuresPackages(path);
}

/** Sources, keys and settings of apt and dnf: read when packages are installed, so they come first. */
function configuresPackages(path: string): boolean {
  return [
    '/etc/apt/',
    '/etc/dnf/',
    '/etc/yum.repos.d/',
    '/etc/pki/rpm-gpg/',
    '/usr/share/keyrings/',
  ].some((folder) => path.startsWith(folder));
}

/** Ids that the service's `needs` names; undefined where it has none. */
function named(
  step: ServiceStep,
  ids: readonly string[],
  role: FilledRole,
  faults: Faults,
): string[] | undefined {
  const name = step.from.slice('services.'.length);
  const patterns = role.document.services[name]?.needs;
  return patterns?.flatMap((pattern) => {
    // A pattern may match the service itself; naming it is a circle.
    const found = ids.filter((id) => id === pattern || (id !== step.id && matches(pattern, id)));
    if (found.length > 0) return found;
    isKnown(pattern, ids, `${step.from}.needs`, faults);
    return [];
  });
}

function isKnown(id: string, ids: readonly string[], path: string, faults: Faults): boolean {
  if (ids.includes(id)) return true;
  if (faults.explain(id)) return false;
  const what = id.includes('*') ? `no step matches "${id}"` : `there is no step "${id}"`;
  const hint =
    didYouMean(id, ids) || `; there are ${ids.length === 0 ? 'none' : ids.slice(0, 12).join(', ')}`;
  faults.add(path, `${what}${hint}`);
  return false;
}
