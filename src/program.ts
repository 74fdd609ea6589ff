/** What every program of the agent does around its command: output, signals, errors in words, exit code. */
import packageJson from '../package.json' with { type: 'json' };
import { ConfigError, messageOf } from './errors.ts';
import { exitCode, exitCodeOf, StoppedError } from './exit-code.ts';

export const output = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  ...(process.stdout.isTTY === true && { columns: process.stdout.columns }),
};

/**
 * Aborted by SIGTERM or SIGINT; a second signal ends the process at once. Aborted by a bug that nobody caught, too: the
 * group of a boot must hear of that one like of any other.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => controller.abort(new StoppedError(`Stopped by ${name}.`)));
  }
  process.on('uncaughtException', (error) => {
    // Without its message, which nobody has redacted yet; the record of the boot has it.
    const where = error?.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
    output.err(
      [`agent: a bug in the agent (version ${packageJson.version}):`, ...where, ''].join('\n'),
    );
    controller.abort(error);
  });
  return controller.signal;
}

/** Ends the process with the exit code that the command gives, or that its error stands for. */
export async function end(command: Promise<number>): Promise<never> {
  // A reader that has gone away (agent status | head) is no error. A log that cannot be written must not end a boot.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stderr.on('error', () => undefined);
  const code = await command.catch(told);
  if (process.stdout.writableLength > 0)
    await new Promise((resolve) => process.stdout.write('', resolve));
  // Explicit, since a handle that somebody left open must not hold up a boot.
  process.exit(code);
}

/** Says what went wrong in words a person can act on; gives the exit code. */
export function told(error: unknown): number {
  const code = exitCodeOf(error);
  if (code !== exitCode.bug) {
    const faults = error instanceof ConfigError ? error.faults : [];
    output.err(
      [`agent: ${messageOf(error)}`, ...faults.map((fault) => `  ${fault}`), ''].join('\n'),
    );
    return code;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.err(
    `agent: a bug in the agent (version ${packageJson.version}). Please report it with this text:\n${stack}\n`,
  );
  return code;
}
