/** Commands that a machine's description answers itself, before any simulated program is asked. */
import type { Clock } from '../../clock.ts';
import type { Files, RunOptions } from '../../host/host.ts';
import type { CommandDescription } from './description.ts';
import type { Result } from './machine.ts';

export class ScriptedCommands {
  readonly #commands: { description: CommandDescription; pattern: RegExp; left: number }[];

  constructor(commands: readonly CommandDescription[]) {
    this.#commands = commands.map((description) => ({
      description,
      pattern: new RegExp(`^${description.match.split('*').map(literal).join('[^]*')}$`),
      left: description.times ?? Number.POSITIVE_INFINITY,
    }));
  }

  /** The first that matches and is not used up. */
  find(argv: readonly string[]): CommandDescription | undefined {
    const line = argv.join(' ');
    const found = this.#commands.find(({ pattern, left }) => left > 0 && pattern.test(line));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.description;
  }
}

/** Plays one: takes its time, creates its files, gives its answer; `timedOut` where it takes longer than allowed. */
export async function play(
  command: CommandDescription,
  { files, clock }: { files: Files; clock: Clock },
  options: RunOptions,
): Promise<Result & { timedOut: boolean }> {
  const takes = command.takes_ms ?? 0;
  const allowed = (options.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  await clock.sleep(Math.min(takes, allowed), options.signal);
  // 128 + SIGTERM, as the real host tells it.
  if (takes > allowed) return { exitCode: 143, timedOut: true };
  for (const [path, content] of Object.entries(command.creates ?? {})) {
    await files.write(path, content, options.user === undefined ? {} : { owner: options.user });
  }
  const { exit = 0, stdout = '', stderr = '' } = command;
  return { exitCode: exit, stdout, stderr, timedOut: false };
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
