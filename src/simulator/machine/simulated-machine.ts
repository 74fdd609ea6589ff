/** The simulated machine: a host of real files below a folder and of programs played in-process. Nothing outside is touched. */
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import type { Clock } from '../../clock.ts';
import { StepError } from '../../errors.ts';
import { rootedFiles } from '../../host/files.ts';
import type { Finished, Host, RunOptions } from '../../host/host.ts';
import { recordedOwnership } from '../../host/ownership.ts';
import { processOn } from '../../host/process-on.ts';
import type { MachineDescription } from './description.ts';
import { Kernel } from './kernel.ts';
import { limitedFiles } from './limited-files.ts';
import { Listeners } from './listeners.ts';
import { done, type Machine, type Program, type Result, underLock } from './machine.ts';
import { getent, groupadd, useradd, usermod } from './programs/accounts.ts';
import { aptGet, dpkg, dpkgQuery } from './programs/apt.ts';
import { dnf, rpm } from './programs/dnf.ts';
import { hostnamectl } from './programs/hostnamectl.ts';
import { journalctl } from './programs/journalctl.ts';
import { modprobe } from './programs/modprobe.ts';
import { systemctl } from './programs/systemctl.ts';
import { play, ScriptedCommands } from './scripted-commands.ts';
import { seed } from './seeds.ts';
import { Systemd } from './systemd.ts';

export type SimulatedMachine = Host & {
  /** Stops its services. */
  close(): Promise<void>;
  /** Every program that was run, in order of their ends. */
  readonly commands: readonly { readonly argv: readonly string[]; readonly exitCode: number }[];
};

const debian: Readonly<Record<string, Program>> = {
  'apt-get': underLock(aptGet),
  dpkg,
  'dpkg-query': dpkgQuery,
};
const amazonLinux: Readonly<Record<string, Program>> = { dnf: underLock(dnf), rpm };
const everywhere: Readonly<Record<string, Program>> = {
  getent,
  groupadd: underLock(groupadd),
  hostnamectl,
  journalctl,
  modprobe,
  systemctl,
  'systemd-notify': async () => done,
  useradd: underLock(useradd),
  usermod: underLock(usermod),
};

/**
 * Makes a machine of `description` below `root` (created where absent; owners and modes are remembered in
 * `<root>.ownership` beside it). What is below `root` already stays as it is. Needs no rights.
 */
export async function simulatedMachine(options: {
  root: string;
  description: MachineDescription;
  clock: Clock;
  /** Of this boot of its kernel; by chance when absent. */
  bootId?: string;
}): Promise<SimulatedMachine> {
  const { root, description, clock, bootId } = options;
  mkdirSync(root, { recursive: true });
  const kernel = new Kernel(description);
  seed(root, description, kernel, bootId);
  const plain = rootedFiles(root, { ownership: recordedOwnership(root) });
  const files = limitedFiles(plain, description, kernel);
  const listeners = new Listeners(clock);
  const systemd = new Systemd(files, description, clock, listeners);
  const machine: Machine = { files, description, systemd, kernel };
  const programs = {
    ...everywhere,
    ...(description.distribution === 'debian' ? debian : amazonLinux),
  };
  const scripted = new ScriptedCommands(description.commands ?? []);
  const commands: { argv: readonly string[]; exitCode: number }[] = [];

  const answer = async (
    argv: readonly string[],
    run: RunOptions,
  ): Promise<Result & { timedOut?: boolean }> => {
    const command = scripted.find(argv);
    if (command !== undefined) return play(command, { files, clock }, run);
    const program = programs[basename(argv[0] ?? '')];
    if (program !== undefined) return program(machine, argv.slice(1), run);
    return { exitCode: 0, stderr: `simulated: nothing done: ${argv.join(' ')}\n` };
  };

  return {
    files,
    commands,
    async run(argv, run = {}): Promise<Finished> {
      run.signal?.throwIfAborted();
      await knownUser(machine, run.user);
      const { exitCode, stdout = '', stderr = '', timedOut = false } = await answer(argv, run);
      run.signal?.throwIfAborted();
      commands.push({ argv, exitCode });
      for (const line of `${stdout}${stderr}`.split('\n').filter((each) => each !== '')) {
        run.onLine?.(line);
      }
      return { exitCode, stdout, stderr, timedOut };
    },
    async hardware() {
      const bootId = String(await files.read('/proc/sys/kernel/random/boot_id')).trim();
      const { vcpus, memory_mib: memoryMib, architecture, root_volume: rootVolume } = description;
      const volume = rootVolume === undefined ? {} : { rootVolume };
      return { vcpus, memoryMib, architecture, bootId, ...volume };
    },
    sinceKernel: () => clock.monotonic(),
    ...processOn(root),
    connections: (ports) => listeners.connections(ports),
    reach: (port) => listeners.reach(port),
    close: () => systemd.close(),
  };
}

async function knownUser(machine: Machine, user: string | undefined): Promise<void> {
  if (user === undefined) return;
  const { exitCode } = await getent(machine, ['passwd', user], {});
  if (exitCode !== 0) {
    throw new StepError(`cannot run a program as ${user}: there is no such user in /etc/passwd`);
  }
}
