/** The agent's command line: arguments, environment, signals, exit codes; nothing else. */
import { Command, CommanderError, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { ConfigError, messageOf } from './errors.ts';
import { exitCode, exitCodeOf } from './exit-code.ts';
import { end, output, stopSignal, told } from './program.ts';
import { checkTogether, withFleetAndTrace } from './rehearse-options.ts';

const json = () =>
  new Option('--json', 'print one JSON document on standard output, logs on standard error');
const roles = () =>
  new Option(
    '--roles <folder>',
    'folder of role files to use instead of those that ship with the agent',
  );
const exits = `
Exit codes: 0 done; 1 the node did not become healthy; 64 wrong usage; 69 a service stayed
unreachable until the deadline; 70 a bug in the agent; 75 stopped, run it again; 78 a
configuration that a person must edit.`;

function commandLine(finish: (code: number) => void): Command {
  const program = new Command('agent')
    .description('Turns a bare EC2 instance into a healthy member of its cluster.')
    .version(packageJson.version)
    .configureHelp({ helpWidth: 100 })
    .showHelpAfterError('(agent --help lists the commands and their options)')
    .addHelpText('after', exits)
    .exitOverride();

  program
    .command('dry-run')
    .description('show what an instance would become, and change nothing')
    .argument('[scenario]', 'a scenario by name, or the path of a folder', 'tomcat')
    .option('--on-instance', "use this machine's own metadata instead of a scenario")
    .option('--explain <step>', 'show one step in full, and where each of its values came from')
    .addOption(roles())
    .addOption(json())
    .action(async (scenario: string, options) => {
      const { dryRun } = await import('./commands/dry-run.ts');
      finish(await dryRun({ scenario, ...options }, process.env, output, stopSignal()));
    });

  withFleetAndTrace(program.command('rehearse'))
    .description('boot a node for real against the built-in simulator of AWS')
    .argument('[scenario]', 'a scenario by name, or the path of a folder', 'tomcat')
    .option('--list', 'list the scenarios that ship with the agent')
    .option('--keep', "keep the simulated machine's files and say where they are")
    .option('--verbose', 'print every event')
    .addOption(roles())
    .addOption(json())
    .action(async (scenario: string, options, command: Command) => {
      checkTogether(command);
      const { rehearse } = await import('./commands/rehearse.ts');
      finish(await rehearse({ scenario, ...options }, output, stopSignal()));
    });

  program
    .command('validate')
    .description('check every role in a folder, templates included, without any network')
    .argument('[folder]', 'the folder of role files', 'roles')
    .addOption(json())
    .action(async (folder: string, options) => {
      const { validate } = await import('./commands/validate.ts');
      finish(await validate({ folder, ...options }, output));
    });

  program
    .command('boot')
    .description(
      'make this instance what its class says, and complete the launch hook (systemd runs this)',
    )
    .addOption(json())
    .addOption(new Option('--log <format>', 'log format').choices(['json', 'pretty']))
    .action(async (options) => {
      const { bootThisInstance } = await import('./commands/boot-this-instance.ts');
      finish(await bootThisInstance(options, process.env, output, stopSignal()));
    });

  program
    .command('bake')
    .description(
      'in an image being made: install, fetch and write what its nodes would otherwise do at every boot',
    )
    .argument('[class...]', 'the classes of the nodes that will be started from the image')
    .option(
      '--seal',
      'make the image clean at the end: no identity, keys, logs, credentials; refused where agent boot would not start',
    )
    .option('--no-metadata', 'do not ask the metadata service: bake only what needs no AWS')
    .option('--no-artifacts', 'fetch nothing from S3')
    .addOption(roles())
    .addOption(json())
    .addOption(new Option('--log <format>', 'log format').choices(['json', 'pretty']))
    .action(async (classes: string[], options, command: Command) => {
      if (classes.length === 0 && !options.seal)
        command.error('agent bake: name the classes to bake for, or --seal, or both');
      const { keepCompiled } = await import('./compile-cache.ts');
      keepCompiled();
      const { bakeThisMachine } = await import('./commands/bake.ts');
      finish(await bakeThisMachine({ classes, ...options }, process.env, output, stopSignal()));
    });

  program
    .command('watch')
    .description('wait for the notice to leave, and drain the node then (systemd runs this)')
    .action(async () => {
      const { watchThisInstance } = await import('./commands/watch-this-instance.ts');
      finish(await watchThisInstance(process.env, output, stopSignal()));
    });

  program
    .command('drain')
    .description('take this node out of service by hand, as its class says')
    .option('--cancel', 'bring it back instead')
    .addOption(json())
    .action(async (options) => {
      const { drainThisInstance } = await import('./commands/drain-this-instance.ts');
      finish(await drainThisInstance(options, process.env, output, stopSignal()));
    });

  program
    .command('abandon')
    .description('end the time for which this failed node is kept for debugging: ABANDON now')
    .action(async () => {
      const { abandonThisInstance } = await import('./commands/abandon.ts');
      finish(await abandonThisInstance(output));
    });

  program
    .command('status')
    .description('show what the last boot of this instance did, or is doing')
    .option(
      '--root <folder>',
      'look at the machine below this folder (agent rehearse --keep prints it)',
      '/',
    )
    .addOption(json())
    .action(async (options) => {
      const { status } = await import('./commands/status.ts');
      finish(await status(options, output));
    });

  program
    .command('report')
    .description('show the flight record of a boot, fetched from an instance or from S3')
    .argument('<record>', 'a file, an address like s3://bucket/key, or - for standard input')
    .option('--html [file]', 'as one self-contained page: into a file, or to standard output')
    .addOption(json())
    .action(async (source: string, options) => {
      const { showRecord } = await import('./commands/show-record.ts');
      finish(await showRecord({ source, ...options }, process.env, output, process.stdin));
    });

  program
    .command('timeline')
    .description(
      'show what a boot spent its time on: each step and download, its critical path, and what it waited for',
    )
    .argument(
      '[record]',
      'a file, an address like s3://bucket/key, or - for standard input (default: the last boot of this instance)',
    )
    .option('--html [file]', 'as one self-contained page: into a file, or to standard output')
    .addOption(
      new Option(
        '--trace [file]',
        'in the trace event format, which Perfetto opens: into a file, or to standard output',
      ).conflicts('html'),
    )
    .addOption(json())
    .action(async (source: string | undefined, options) => {
      const { showTimeline } = await import('./commands/show-timeline.ts');
      finish(await showTimeline({ source, ...options }, process.env, output, process.stdin));
    });

  program
    .command('budget')
    .description('hold a boot against a budget of time, bytes and calls; 1 where it took more')
    .argument('[budget]', 'the budget file (YAML)')
    .argument(
      '[record]',
      'a file, an address like s3://bucket/key, or - for standard input (default: the last boot of this instance)',
    )
    .option('--from <record>', 'print a budget proposed from this boot, with headroom')
    .addOption(json())
    .action(
      async (file: string | undefined, source: string | undefined, options, command: Command) => {
        if ((file === undefined) === (options.from === undefined))
          command.error('agent budget: name a budget file, or --from and a record');
        const { checkBudget } = await import('./commands/check-budget.ts');
        finish(await checkBudget({ file, source, ...options }, process.env, output, process.stdin));
      },
    );

  return program;
}

async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.done;
  const program = commandLine((result) => {
    code = result;
  });
  try {
    if (argv.length <= 2) {
      program.outputHelp({ error: true });
      return exitCode.usage;
    }
    // commander shows its help for a command that is not there, and says nothing.
    const [, , first, asked] = argv;
    if (
      first === 'help' &&
      asked !== undefined &&
      !program.commands.some((c) => c.name() === asked)
    )
      program.error(`error: unknown command '${asked}'`);
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCode.done : exitCode.usage;
    // Who reads the document must find one there, whatever happened.
    if (argv.includes('--json')) output.out(`${JSON.stringify(failureDocument(error), null, 2)}\n`);
    return told(error);
  }
}

function failureDocument(error: unknown): object {
  const faults = error instanceof ConfigError ? error.faults : [];
  return { error: messageOf(error), faults, exitCode: exitCodeOf(error) };
}

void end(main(process.argv));
