/** The options of `agent rehearse` that go beyond one boot, and which of them go together. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Adds them to the command. */
export function withFleetAndTrace(command: Command): Command {
  return command
    .addOption(
      new Option('--fleet <nodes>', "boot so many nodes at once, against one account's API limits")
        .argParser(wholeNumber)
        .conflicts(['list', 'keep', 'verbose']),
    )
    .addOption(
      new Option(
        '--trace <file>',
        'record all that happens, by the time of the scenario',
      ).conflicts(['list', 'keep']),
    )
    .option('--seed <text>', 'what chance is made of in a fleet and in a trace (default: 1)')
    .addOption(
      new Option(
        '--replay <file>',
        'play a recorded trace again, and say where it differs',
      ).conflicts(['list', 'keep', 'verbose', 'fleet', 'trace', 'seed', 'roles']),
    );
}

/** Ends the program with a usage error where options do not go together. */
export function checkTogether(command: Command): void {
  const { seed, fleet, trace, replay } = command.opts();
  if (seed !== undefined && fleet === undefined && trace === undefined)
    command.error('agent rehearse: --seed goes with --fleet or --trace');
  if (replay !== undefined && command.args.length > 0)
    command.error(
      'agent rehearse: --replay plays the scenario that its trace names; name no other',
    );
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number from 1 to 9999 is wanted.');
}
