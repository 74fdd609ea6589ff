/** Running a program that must succeed: its failure told with its last lines. */
import { StepError } from '../errors.ts';
import type { Finished, Host, RunOptions } from '../host/host.ts';
import type { Redactor } from '../redaction.ts';

/** Runs it; throws StepError with `doing`, the exit code and its last lines when it fails or takes too long. */
export async function succeed(
  host: Host,
  redactor: Redactor,
  doing: string,
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Finished> {
  const finished = await host.run(argv, options);
  if (finished.exitCode === 0 && !finished.timedOut) return finished;
  throw new StepError(failureOf(redactor, doing, finished, options));
}

/** `cannot load module x: exit code 1:` and what the program said last. */
export function failureOf(
  redactor: Redactor,
  doing: string,
  finished: Finished,
  { timeoutSeconds }: RunOptions = {},
): string {
  const how = finished.timedOut
    ? `killed after ${timeoutSeconds} s`
    : `exit code ${finished.exitCode}`;
  const said = lastLines(`${finished.stdout}\n${finished.stderr}`, 20);
  return redactor.text(
    `cannot ${doing}: ${how}${said === '' ? ', it said nothing' : `:\n${said}`}`,
  );
}

/** The last `count` lines that are not empty, indented. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}
