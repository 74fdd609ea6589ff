/** Machine: what the simulated programs work on. */
import type { Files, RunOptions } from '../../host/host.ts';
import type { MachineDescription } from './description.ts';
import type { Kernel } from './kernel.ts';
import type { Systemd } from './systemd.ts';

export interface Machine {
  readonly files: Files;
  readonly description: MachineDescription;
  readonly systemd: Systemd;
  readonly kernel: Kernel;
}

/** A program, in-process: gets its arguments, without its name. */
export type Program = (
  machine: Machine,
  args: readonly string[],
  options: RunOptions,
) => Promise<Result>;

export interface Result {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export const done: Result = { exitCode: 0 };

export function failed(exitCode: number, stderr: string): Result {
  return { exitCode, stderr: `${stderr}\n` };
}

const turns = new WeakMap<Files, Promise<unknown>>();

/** `program`, one at a time on a machine: it reads a file, changes it and writes it back, as the real one does under a lock. */
export function underLock(program: Program): Program {
  return (machine, args, options) => {
    const before = turns.get(machine.files) ?? Promise.resolve();
    const mine = before.then(() => program(machine, args, options));
    turns.set(
      machine.files,
      mine.catch(() => undefined),
    );
    return mine;
  };
}
