/** One boot of one contestant in a machine that is thrown away, measured from outside. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../../test/machine/cloud/cloud.ts';
import { Machine } from '../../test/machine/machine.ts';
import type { Contestant } from './contestants.ts';

/** Not a number where the boot is a bare one, which calls nobody. */
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
    await contestant.furnish(machine.root);
    await cloud.launch(machine.address, scenario);
    await machine.powerOn();
    if (contestant.bare) return await bareBoot(machine);
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
    const [tasks, answersSince, began] = await Promise.all([
      tasksOf(machine),
      machine.say('cat', '/run/answers-since'),
      startOf(machine),
    ]);
    const at = arrived ?? 0;
    return {
      wallMs: at - began,
      afterAppMs: at - Number(answersSince) * 1000,
      cpuMs,
      tasks,
      metadataRequests,
    };
  } catch (error) {
    console.error(await machine.evidence());
    throw error;
  } finally {
    await machine.destroy();
  }
}

/** Until systemd is done with all that starts by itself. */
async function bareBoot(machine: Machine): Promise<Boot> {
  const done = async () => {
    const { stdout } = await machine.run('systemctl', 'is-system-running');
    return ['running', 'degraded'].includes(stdout.trim());
  };
  await machine.until('the machine is up', done, 120);
  const [cpuMs, tasks] = [cpuOf(machine.name), await tasksOf(machine)];
  return { wallMs: Number.NaN, afterAppMs: Number.NaN, metadataRequests: 0, cpuMs, tasks };
}

/** The number that was given out last, in the PID namespace of the reader (last field, proc_loadavg(5)). */
async function tasksOf(machine: Machine): Promise<number> {
  const load = await machine.say('cat', '/proc/loadavg');
  return Number(load.split(' ').at(-1));
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
