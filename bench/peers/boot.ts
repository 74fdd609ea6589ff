/** One boot of one contestant in a machine that is thrown away, measured from outside. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../../test/machine/cloud/cloud.ts';
import { Machine } from '../../test/machine/machine.ts';
import type { Contestant } from './contestants.ts';

export interface Boot {
  /** From the start of PID 1 to the arrival of CompleteLifecycleAction. */
  readonly wallMs: number;
  /** From the moment that the application answers to the same arrival. */
  readonly afterAppMs: number;
  /** CPU time of all that ran in the machine by then. */
  readonly cpuMs: number;
  /** Processes and threads that were started in it by then. */
  readonly tasks: number;
  readonly metadataRequests: number;
}

export interface Setting {
  readonly cloud: Cloud;
  /** Folder of the contestant's scenario. */
  readonly scenario: string;
  /** Lower directories, topmost first. */
  readonly layers: readonly string[];
  readonly folder: string;
}

/** Throws with the console and the journal of the machine where the hook is not completed within two minutes. */
export async function bootOf(
  contestant: Contestant,
  round: number,
  { cloud, scenario, layers, folder }: Setting,
): Promise<Boot> {
  const machine = new Machine(cloud, `peer-${round}`, layers, folder);
  try {
    cpSync(join(import.meta.dirname, 'app.pl'), join(machine.root, 'opt/app.pl'));
    contestant.furnish(machine.root);
    await cloud.launch(machine.address, scenario);
    await machine.powerOn();
    let arrived: number | undefined;
    let metadataRequests = 0;
    await machine.until(
      `${contestant.name} completes the launch hook`,
      async () => {
        const { calls, metadata } = await cloud.books(machine.address, 'shop-tomcat');
        const call = calls.find(
          ({ operation, status }) => operation === 'CompleteLifecycleAction' && status === 200,
        );
        arrived = call?.at;
        metadataRequests = metadata.filter(({ at }) => at <= (arrived ?? 0)).length;
        return arrived !== undefined;
      },
      120,
    );
    const cpuMs = cpuOf(machine.name);
    const [load, answersSince, began] = await Promise.all([
      machine.say('cat', '/proc/loadavg'),
      machine.say('cat', '/run/answers-since'),
      startOf(machine),
    ]);
    const at = arrived ?? 0;
    return {
      wallMs: at - began,
      afterAppMs: at - Number(answersSince) * 1000,
      cpuMs,
      // The last field: the number that was given out last, in the PID namespace of the reader (proc_loadavg(5)).
      tasks: Number(load.split(' ').at(-1)),
      metadataRequests,
    };
  } catch (error) {
    console.error(await machine.evidence());
    throw error;
  } finally {
    await machine.destroy();
  }
}

/** Milliseconds since the epoch when PID 1 was started; in hundredths of a second (proc_pid_stat(5)). */
async function startOf(machine: Machine): Promise<number> {
  const stat = await machine.say('cat', '/proc/1/stat');
  // The fields after the name in brackets: the 20th of them is the 22nd of all.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  return Date.now() - uptimeMs + ticks * 10;
}

/** Of the machine's control group, by either version of the hierarchy. */
function cpuOf(name: string): number {
  const first = `/sys/fs/cgroup/cpuacct/${name}/cpuacct.usage`;
  if (existsSync(first)) return Number(readFileSync(first, 'utf8')) / 1e6;
  const second = readFileSync(`/sys/fs/cgroup/${name}/cpu.stat`, 'utf8');
  return Number(/^usage_usec (\d+)/m.exec(second)?.[1]) / 1e3;
}
