/** What systemd knows of a unit, by one call of `systemctl show`. */
import { StepError } from '../../errors.ts';
import type { Host } from '../../host/host.ts';

const properties = [
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'ExecMainStatus',
  'NeedDaemonReload',
  'UnitFileState',
  'Type',
  'After',
  'TriggeredBy',
] as const;

export type Unit = Readonly<Record<(typeof properties)[number], string>>;

/** Throws StepError where systemd itself does not answer. */
export async function showUnit(host: Host, unit: string, signal?: AbortSignal): Promise<Unit> {
  const argv = ['systemctl', 'show', `--property=${properties.join(',')}`, '--', unit] as const;
  const { exitCode, stdout, stderr } = await host.run([...argv], {
    ...(signal === undefined ? {} : { signal }),
  });
  if (exitCode !== 0) {
    throw new StepError(`cannot ask systemd about ${unit}: ${stderr.trim()}`);
  }
  const lines = stdout.split('\n').map((line) => line.split(/=(.*)/s));
  const found = Object.fromEntries(lines.map(([name = '', value = '']) => [name, value]));
  return Object.fromEntries(properties.map((name) => [name, found[name] ?? ''])) as Unit;
}

/** True where the unit does what it is started for, or where systemd is about to start it again by itself (Restart=). */
export function isActive({ ActiveState, SubState }: Unit): boolean {
  return ['active', 'reloading', 'refreshing'].includes(ActiveState) || SubState === 'auto-restart';
}

/** True for a unit that is to be inactive again once it ran to its good end (Type=oneshot in systemd.service(5)). */
export function endsByItself(unit: Unit): boolean {
  return unit.Type === 'oneshot' && unit.ActiveState === 'inactive';
}

/** The unit or target of the agent that this unit is ordered after; undefined where it does not wait for the agent. */
export function waitsForAgent({ After }: Unit): string | undefined {
  return After.split(' ').find((name) => /^bootstrap-agent\.(service|target)$/.test(name));
}

/** The state in words: `failed (exit-code, status 1)`. */
export function stateOf(unit: Unit): string {
  if (unit.LoadState === 'not-found') return 'no such unit';
  if (unit.LoadState === 'masked') return 'masked';
  if (unit.ActiveState === 'failed') {
    return `failed (${unit.Result}, status ${unit.ExecMainStatus})`;
  }
  return `${unit.ActiveState} (${unit.SubState})`;
}
