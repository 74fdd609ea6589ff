/** The resource `user`: an account and its groups. Memberships that others gave are left alone. */
import { StepError, UnavailableError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import { accountOf, hasGroup } from './accounts.ts';
import { driftOf } from './owned.ts';
import { failureOf } from './programs.ts';
import type { Difference, Resource, World } from './resource.ts';
import type { UserStep } from './step.ts';

export const user: Resource<UserStep> = {
  check: async (step, { host }) => driftOf(await differencesOf(step, host.files)),

  apply: (step, world, effort) =>
    inTurn(world.host.files, async () => {
      // Looked at again: a package may have brought the account since the check.
      const differences = await differencesOf(step, world.host.files);
      if (differences.length === 0) return;
      const group = step.group ?? step.name;
      for (const each of [group, ...step.groups]) {
        if (await hasGroup(world.host.files, each)) continue;
        const kind = step.system ? ['--system'] : [];
        await change(world, `add group ${each}`, ['groupadd', ...kind, each], effort.signal);
      }
      const isNew = differences.some(({ aspect }) => aspect === 'account');
      const argv = isNew ? added(step, group) : adjusted(step, differences);
      await change(world, `${isNew ? 'add' : 'change'} user ${step.name}`, argv, effort.signal);
    }),
};

async function differencesOf(step: UserStep, files: Files): Promise<Difference[]> {
  const account = await accountOf(files, step.name);
  if (account === undefined) {
    return [{ aspect: 'account', wanted: step.system ? 'system account' : 'account' }];
  }
  const differences: Difference[] = [];
  const compare = (aspect: string, found: string, wanted: string | undefined) => {
    if (wanted !== undefined && found !== wanted) differences.push({ aspect, found, wanted });
  };
  compare('uid', String(account.uid), step.uid === undefined ? undefined : String(step.uid));
  compare('group', account.group, step.group);
  compare('home', account.home, step.home);
  compare('shell', account.shell, step.shell);
  const missing = step.groups.filter(
    (group) => group !== account.group && !account.groups.includes(group),
  );
  if (missing.length > 0) {
    const wanted = step.groups.join(',');
    differences.push({ aspect: 'groups', found: account.groups.join(','), wanted });
  }
  return differences;
}

const turns = new WeakMap<Files, Promise<void>>();

/** One at a time on a machine: these programs lock /etc/passwd, and one that finds it locked sleeps for whole seconds. */
function inTurn(files: Files, work: () => Promise<void>): Promise<void> {
  const before = turns.get(files) ?? Promise.resolve();
  const mine = before.catch(() => undefined).then(work);
  turns.set(files, mine);
  return mine;
}

function added(step: UserStep, group: string): [string, ...string[]] {
  // A home of a system account belongs to its package or to a directory step; people get theirs with the account.
  const kind = step.system ? ['--system', '--no-create-home'] : ['--create-home'];
  return [
    'useradd',
    ...kind,
    '--gid',
    group,
    ...(step.uid === undefined ? [] : ['--uid', String(step.uid)]),
    ...(step.groups.length === 0 ? [] : ['--groups', step.groups.join(',')]),
    ...(step.home === undefined ? [] : ['--home-dir', step.home]),
    '--shell',
    step.shell,
    step.name,
  ];
}

function adjusted(step: UserStep, differences: readonly Difference[]): [string, ...string[]] {
  const flags: Readonly<Record<string, readonly string[]>> = {
    uid: ['--uid', String(step.uid)],
    group: ['--gid', step.group ?? step.name],
    home: ['--home', step.home ?? ''],
    shell: ['--shell', step.shell],
    groups: ['--append', '--groups', step.groups.join(',')],
  };
  return ['usermod', ...differences.flatMap(({ aspect }) => flags[aspect] ?? []), step.name];
}

async function change(
  { host, redactor }: World,
  doing: string,
  argv: [string, ...string[]],
  signal: AbortSignal,
): Promise<void> {
  const finished = await host.run(argv, { signal });
  if (finished.exitCode === 0) return;
  const message = failureOf(redactor, doing, finished);
  // A package that is being installed meanwhile may hold the lock.
  if (/cannot lock/.test(finished.stderr)) throw new UnavailableError(message);
  throw new StepError(message);
}
