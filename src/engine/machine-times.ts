/** What systemd itself says of when a boot's parts began: kernel, systemd, the units of the plan. */

/** Milliseconds since the kernel started (CLOCK_MONOTONIC). */
export interface MachineTimes {
  /** When the events of the agent begin, so that both can stand on one axis. */
  readonly agentMs: number;
  /** When systemd executed the agent. */
  readonly executedMs?: number;
  readonly initrdMs?: number;
  /** When systemd of the root file system began; absent in a container, which has no kernel of its own. */
  readonly userspaceMs?: number;
  /** When systemd had done all that it had to at power-on; absent before. */
  readonly finishedMs?: number;
  readonly units: readonly UnitTimes[];
}

export interface UnitTimes {
  readonly unit: string;
  /** When it left the state inactive, and when it was active. */
  readonly startedMs: number;
  readonly activeMs: number;
}

/** The properties of the manager and of a unit; org.freedesktop.systemd1(5). */
export const managerProperties = [
  'KernelTimestamp',
  'InitRDTimestampMonotonic',
  'UserspaceTimestampMonotonic',
  'FinishTimestampMonotonic',
] as const;
export const unitProperties = [
  'Id',
  'InactiveExitTimestampMonotonic',
  'ActiveEnterTimestampMonotonic',
  'ExecMainStartTimestampMonotonic',
] as const;
export const agentUnit = 'bootstrap-agent.service';

/** From what `systemctl show` prints of the manager, and of units with an empty line between them. */
export function machineTimes(agentMs: number, manager: string, units: string): MachineTimes {
  const of = propertiesIn(manager);
  const all = units.split(/\n\s*\n/).map(propertiesIn);
  const initrdMs = msOf(of.get('InitRDTimestampMonotonic'));
  // A date, and none in a container: the clock then began with a kernel that had long been running.
  const ownKernel = /\d/.test(of.get('KernelTimestamp') ?? '');
  const userspaceMs = ownKernel ? msOf(of.get('UserspaceTimestampMonotonic')) : undefined;
  const finishedMs = msOf(of.get('FinishTimestampMonotonic'));
  const agent = all.find((unit) => unit.get('Id') === agentUnit);
  const executedMs = msOf(agent?.get('ExecMainStartTimestampMonotonic'));
  return {
    agentMs,
    // By hand, it was not systemd that executed the agent that these events are of.
    ...(executedMs !== undefined && executedMs <= agentMs && { executedMs }),
    ...(initrdMs !== undefined && { initrdMs }),
    ...(userspaceMs !== undefined && { userspaceMs }),
    ...(finishedMs !== undefined && { finishedMs }),
    units: all.flatMap((unit) => {
      const [id, startedMs, activeMs] = [
        unit.get('Id'),
        msOf(unit.get('InactiveExitTimestampMonotonic')),
        msOf(unit.get('ActiveEnterTimestampMonotonic')),
      ];
      if (id === undefined || id === agentUnit) return [];
      if (startedMs === undefined || activeMs === undefined || activeMs < startedMs) return [];
      return [{ unit: id, startedMs, activeMs }];
    }),
  };
}

function propertiesIn(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
}

/** systemd counts microseconds; 0 is what never happened. */
function msOf(text: string | undefined): number | undefined {
  const microseconds = Number(text);
  return text === undefined || !(microseconds > 0)
    ? undefined
    : Math.round(microseconds / 100) / 10;
}
