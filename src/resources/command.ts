/** The resource `command`: a program that runs until its guard says that it need not run again. */
import { StepError } from '../errors.ts';
import { driftOf } from './owned.ts';
import { failureOf } from './programs.ts';
import type { Resource, World } from './resource.ts';
import { noteRun, notRunHere } from './run-once.ts';
import type { CommandStep } from './step.ts';
import { printable, resolvedText } from './text.ts';

/**
 * Done when it has run `once` on this instance, where that is said; else when `creates` is there and `unless` exits 0, where they are given. A command with neither runs once a boot: a
 * note of what was run is kept below /run, so that a second agent of the same boot does not repeat it.
 */
export const command: Resource<CommandStep> = {
  async check(step, world, { stale, signal }) {
    const wanted = step.argv.join(' ');
    if (step.once !== undefined) {
      const found = await notRunHere(step.name, world);
      return found === undefined ? undefined : driftOf([{ aspect: 'run', found, wanted }]);
    }
    if (stale) {
      return driftOf([{ aspect: 'run', found: 'run before what it needs changed', wanted }]);
    }
    const because = await undone(step, world, signal);
    return because === undefined ? undefined : driftOf([{ aspect: 'run', found: because, wanted }]);
  },

  async apply(step, world, { signal, progress }) {
    const { host, redactor } = world;
    const env: Record<string, string> = {};
    for (const [name, text] of Object.entries(step.env)) {
      env[name] = await resolvedText(text, host, redactor);
    }
    const options = { env, timeoutSeconds: step.timeoutSeconds };
    const finished = await host
      .run(step.argv, {
        ...options,
        ...identityOf(step),
        signal,
        onLine: (line) => progress({ what: 'line', line: redactor.text(line) }),
      })
      .catch((error: unknown) => {
        if (!(error instanceof StepError)) throw error;
        throw new StepError(`${error.message} (${step.from} in the role)`, { cause: error });
      });
    if (finished.exitCode !== 0 || finished.timedOut) {
      throw new StepError(
        failureOf(
          redactor,
          `run command ${step.name} (${step.argv.join(' ')}; ${step.from} in the role)`,
          finished,
          options,
        ),
      );
    }
    if (step.creates !== undefined && (await host.files.stat(step.creates)) === undefined) {
      throw new StepError(
        `command ${step.name} ended well, but did not make ${step.creates}, which is to prove it: correct creates or run in the role (${step.from})`,
      );
    }
    if (step.once !== undefined) await noteRun(step.name, world);
    if (unguarded(step)) await host.files.write(notePath(step), noteOf(step), { mode: 0o600 });
  },
};

/** Why it has to run; undefined where its guard says it is done. */
async function undone(
  step: CommandStep,
  { host }: World,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { creates, unless } = step;
  if (creates !== undefined && (await host.files.stat(creates)) === undefined) {
    return `${creates} is not there`;
  }
  if (unless !== undefined) {
    const { exitCode } = await host.run(unless, {
      ...identityOf(step),
      timeoutSeconds: step.timeoutSeconds,
      ...(signal === undefined ? {} : { signal }),
    });
    if (exitCode !== 0) return `${unless.join(' ')} exits ${exitCode}`;
  }
  if (!unguarded(step)) return undefined;
  const note = await host.files.read(notePath(step));
  if (note?.toString() === noteOf(step)) return undefined;
  return note === undefined ? 'not run in this boot' : 'run in another form in this boot';
}

function unguarded({ creates, unless, once }: CommandStep): boolean {
  return creates === undefined && unless === undefined && once === undefined;
}

function identityOf({ cwd, user }: CommandStep): { cwd?: string; user?: string } {
  return { ...(cwd === undefined ? {} : { cwd }), ...(user === undefined ? {} : { user }) };
}

function notePath({ name }: CommandStep): string {
  return `/run/bootstrap-agent/commands/${encodeURIComponent(name)}`;
}

/** What was run, secrets by reference. */
function noteOf({ argv, cwd, user, env }: CommandStep): string {
  const texts = Object.entries(env).map(([name, text]) => [name, printable(text)]);
  return `${JSON.stringify({ argv, cwd, user, env: texts })}\n`;
}
