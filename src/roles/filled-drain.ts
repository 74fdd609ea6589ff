/** The drain section, filled in: command lines become arguments, ports numbers. */
import { argv } from './command-line.ts';
import { portOf } from './filled-probes.ts';
import type { FilledDrain, FilledDrainCommand } from './filled-role.ts';
import type { Filling } from './filling.ts';
import type { RoleDocument } from './schema.ts';

type Drain = NonNullable<RoleDocument['drain']>;

export function filledDrain(drain: Drain, filling: Filling): FilledDrain {
  const { ports, stop_work, commands, ...rest } = drain;
  return {
    ...rest,
    ...(ports !== undefined && {
      ports: ports.map((port) => portOf(port, 'drain.ports', filling)),
    }),
    stop_work: withArguments(stop_work),
    commands: withArguments(commands),
  };
}

function withArguments(commands: Drain['commands']): Record<string, FilledDrainCommand> {
  const entries = Object.entries(commands ?? {});
  return Object.fromEntries(
    entries.map(([name, { run, ...rest }]) => [name, { ...rest, run: argv(run) }]),
  );
}
