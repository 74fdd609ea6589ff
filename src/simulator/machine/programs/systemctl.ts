/** Simulated systemctl(1): the verbs and properties that a boot uses. */
import { done, failed, type Machine, type Program, type Result } from '../machine.ts';
import { findUnit, setting, triggersOf, wantedBy } from '../unit-files.ts';

type Verb = (
  machine: Machine,
  unit: string,
  args: readonly string[],
  signal?: AbortSignal,
) => Promise<Result>;

export const systemctl: Program = async (machine, args, { signal }) => {
  const [verb, ...units] = args.filter((arg) => !arg.startsWith('-'));
  if (verb === 'daemon-reload') {
    await machine.systemd.reload();
    return done;
  }
  const run = verbs[verb ?? ''];
  if (run === undefined) return failed(1, `simulated systemctl: unknown command verb ${verb}`);
  let stdout = '';
  let stderr = '';
  let exitCode = 0;
  for (const unit of units) {
    const name = unit.includes('.') ? unit : `${unit}.service`;
    const result = await run(machine, name, args, signal);
    stdout += `${stdout === '' ? '' : '\n'}${result.stdout ?? ''}`;
    stderr += result.stderr ?? '';
    exitCode = Math.max(exitCode, result.exitCode);
  }
  return { exitCode, stdout, stderr };
};

const verbs: Readonly<Record<string, Verb>> = {
  show: async (machine, unit, args) => {
    const all = await properties(machine, unit);
    const wanted = args
      .filter((arg) => arg.startsWith('--property='))
      .flatMap((arg) => arg.slice('--property='.length).split(','));
    const names = wanted.length === 0 ? Object.keys(all) : wanted;
    const lines = names.filter((name) => name in all).map((name) => `${name}=${all[name]}\n`);
    return { exitCode: 0, stdout: lines.join('') };
  },
  'is-active': async ({ systemd }, unit) => {
    const { active } = systemd.stateOf(unit);
    return { exitCode: active === 'active' ? 0 : 3, stdout: `${active}\n` };
  },
  start: withUnit(start),
  stop: withUnit(async ({ systemd }, unit, _args, signal) => {
    await systemd.stop(unit, signal);
    return done;
  }),
  restart: withUnit(async (machine, unit, args, signal) => {
    await machine.systemd.stop(unit, signal);
    return start(machine, unit, args, signal);
  }),
  // What a service takes in by it is its own business: nothing of it shows here.
  reload: withUnit(async ({ systemd }, unit) => {
    const text = (await systemd.load(unit))?.text ?? '';
    if (setting(text, 'ExecReload') === undefined)
      return failed(
        1,
        `Failed to reload ${unit}: Job type reload is not applicable for unit ${unit}.`,
      );
    if (systemd.stateOf(unit).active === 'active') return done;
    return failed(1, `${unit} is not active, cannot reload.`);
  }),
  'reset-failed': withUnit(async ({ systemd }, unit) => {
    const state = systemd.stateOf(unit);
    if (state.active === 'failed') state.active = 'inactive';
    state.result = 'success';
    return done;
  }),
  enable: withUnit(async ({ systemd, files }, unit) => {
    const found = await systemd.load(unit);
    const links = wantedBy(unit, found?.text ?? '');
    for (const link of links) await files.link(link, found?.path ?? '');
    return links.length > 0 ? done : { exitCode: 0, stderr: noInstall };
  }),
  disable: withUnit(async ({ systemd, files }, unit) => {
    const found = await systemd.load(unit);
    for (const link of wantedBy(unit, found?.text ?? '')) await files.remove(link);
    return done;
  }),
  'is-enabled': async (machine, unit) => {
    const state = await enablement(machine, unit);
    if (state === '')
      return failed(1, `Failed to get unit file state for ${unit}: No such file or directory`);
    return { exitCode: ['enabled', 'static'].includes(state) ? 0 : 1, stdout: `${state}\n` };
  },
  'list-unit-files': async (machine, unit) => {
    const state = await enablement(machine, unit);
    return { exitCode: 0, stdout: state === '' ? '' : `${unit} ${state} enabled` };
  },
};

const noInstall =
  'The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=, Also=, or Alias= settings in the [Install] section).\n';

async function start(
  machine: Machine,
  unit: string,
  _args: readonly string[],
  _signal?: AbortSignal,
): Promise<Result> {
  if ((await machine.systemd.load(unit))?.masked)
    return failed(1, `Failed to start ${unit}: Unit ${unit} is masked.`);
  if (await machine.systemd.start(unit)) return done;
  return failed(
    1,
    `Job for ${unit} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.`,
  );
}

/** Exit code 5, "program is not installed", as systemctl has it from the LSB. */
function withUnit(verb: Verb): Verb {
  return async (machine, unit, args, signal) => {
    if ((await machine.systemd.load(unit)) === undefined) {
      return failed(5, `Failed: Unit ${unit} not found.`);
    }
    return verb(machine, unit, args, signal);
  };
}

/** As `systemctl is-enabled` spells it, from the disk and not from what is loaded; nothing where there is no such unit. */
async function enablement(machine: Machine, unit: string): Promise<string> {
  const found = await findUnit(machine.files, unit);
  if (found === undefined) return '';
  return found.masked ? 'masked' : machine.systemd.enablement(unit, found.text);
}

const subStates = { active: 'running', inactive: 'dead', failed: 'failed' } as const;

async function properties(machine: Machine, unit: string): Promise<Record<string, string>> {
  const state = machine.systemd.stateOf(unit);
  const found = await machine.systemd.load(unit);
  const text = found?.text ?? '';
  return {
    Id: unit,
    LoadState: found === undefined ? 'not-found' : found.masked ? 'masked' : 'loaded',
    ActiveState: state.active,
    SubState: subStates[state.active],
    Result: state.result,
    InactiveExitTimestampMonotonic: String(Math.round(state.startedMs * 1000)),
    ActiveEnterTimestampMonotonic: String(Math.round(state.activeMs * 1000)),
    ExecMainStatus: String(state.exitStatus),
    NeedDaemonReload: found?.stale ? 'yes' : 'no',
    UnitFileState: await enablement(machine, unit),
    Type: setting(text, 'Type') ?? 'simple',
    After: setting(text, 'After') ?? '',
    TriggeredBy: (await triggersOf(machine.files, unit)).join(' '),
    RemainAfterExit: setting(text, 'RemainAfterExit') ?? 'no',
    FragmentPath: found?.path ?? '',
    DropInPaths: found?.dropIns.join(' ') ?? '',
  };
}
