/** The bars of what is not the agent's: kernel, systemd, the agent's own start, and the units that it started. */

import type { Bar } from './bar.ts';
import type { MachineTimes } from './machine-times.ts';

type Row = readonly [
  name: string,
  part: Bar['part'],
  from: number | undefined,
  to: number | undefined,
];

/**
 * Milliseconds since the agent's start, so that what came before it is negative. Kernel and systemd are left out of a run
 * that somebody started later: the hours between are no part of the boot.
 */
export function machineBars(times: MachineTimes | undefined): Bar[] {
  if (times === undefined) return [];
  const { agentMs, executedMs, initrdMs, userspaceMs, finishedMs } = times;
  const atPowerOn = finishedMs === undefined || agentMs < finishedMs;
  const beforeAgent: Row[] =
    !atPowerOn || userspaceMs === undefined
      ? []
      : [
          ['kernel', 'kernel', 0, initrdMs ?? userspaceMs],
          ['initrd', 'kernel', initrdMs, userspaceMs],
          ['systemd', 'systemd', userspaceMs, executedMs ?? agentMs],
        ];
  const rows: Row[] = [...beforeAgent, ['agent starts', 'systemd', executedMs, agentMs]];
  return rows.flatMap(([name, part, from, to]) =>
    from === undefined || to === undefined
      ? []
      : [bar(name, part, from - agentMs, to - agentMs, true)],
  );
}

/** Those that became active while the agent was at work. */
export function unitBars(times: MachineTimes | undefined, totalMs: number): Bar[] {
  const { agentMs = 0, units = [] } = times ?? {};
  return units
    .filter(({ activeMs }) => activeMs >= agentMs && activeMs <= agentMs + totalMs)
    .sort((a, b) => a.startedMs - b.startedMs)
    .map(({ unit, startedMs, activeMs }) =>
      bar(unit, 'unit', startedMs - agentMs, activeMs - agentMs, false, 'active'),
    );
}

function bar(
  name: string,
  part: Bar['part'],
  from: number,
  to: number,
  critical: boolean,
  outcome = '',
): Bar {
  const [startMs, endMs] = [Math.round(from * 10) / 10, Math.round(to * 10) / 10];
  return { name, part, startMs, endMs, outcome, retries: 0, critical, waits: [] };
}
