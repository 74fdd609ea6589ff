/** ProcessMark: which process it was, so that somebody else can tell later whether it still runs. */
import { readFileSync } from 'node:fs';
import type { ProcessMark } from './host.ts';

/** The mark of a process of this machine; undefined where there is none (any more). */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc_pid_stat(5): the name in brackets may hold anything; the start time, in clock ticks since the power went on, is
    // field 22, the 20th behind it. A zombie (Z) has ended already.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTicks = Number(fields[18]);
    return state === 'Z' || Number.isNaN(startTicks) ? undefined : { pid, startTicks };
  } catch {
    return undefined;
  }
}

/** A process id is used again; together with its start time it is not, within one boot of the kernel. */
export function isRunning({ pid, startTicks }: ProcessMark): boolean {
  return markOf(pid)?.startTicks === startTicks;
}
