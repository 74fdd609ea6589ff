/** Runs programs of the machine: no shell, a small environment, bounded output, and killed with all their children. */
import { constants } from 'node:os';
import { StepError } from '../errors.ts';
import type { Finished, RunOptions } from './host.ts';
import { loginOf } from './login.ts';
import { Output } from './output.ts';

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Between SIGTERM and SIGKILL: long enough to remove a lock file. */
const graceMs = 2000;
/** A child left in the background may hold the pipes open for ever: what came until then is the output. */
const lingerMs = 250;

/** As `Host.run`. Throws the signal's reason when aborted, after the program is gone. */
export async function runProgram(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Finished> {
  options.signal?.throwIfAborted();
  const { execa } = await import('execa');
  const login = options.user === undefined ? undefined : loginOf(options.user);
  // setpriv(1) rather than uid and gid of the spawn, which would drop the user's supplementary groups.
  const [file, ...words] =
    login === undefined
      ? argv
      : ([
          'setpriv',
          `--reuid=${login.uid}`,
          `--regid=${login.gid}`,
          '--init-groups',
          '--',
          ...argv,
        ] as const);
  const child = execa(file, words, {
    buffer: false,
    reject: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    extendEnv: false,
    env: { PATH: searchPath, LC_ALL: 'C.UTF-8', ...login?.env, ...options.env },
    // A process group of its own, so that children die with it.
    detached: true,
  });
  const stdout = new Output(options.onLine);
  const stderr = new Output(options.onLine);
  child.stdout.on('data', (bytes: Buffer) => stdout.take(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.take(bytes));
  child.once('exit', () => {
    setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, lingerMs).unref();
  });

  const ending = endEarly(child.pid, options);
  const result = await child;
  ending.release();
  options.signal?.throwIfAborted();
  if (result.exitCode === undefined && result.signal === undefined)
    throw cannotStart(argv, options, result.cause as NodeJS.ErrnoException);
  return {
    exitCode: result.exitCode ?? 128 + signalNumber(result.signal),
    stdout: stdout.end(),
    stderr: stderr.end(),
    timedOut: ending.timedOut(),
  };
}

/** Kills the process group at the timeout or when aborted: politely, then for good. */
function endEarly(
  pid: number | undefined,
  options: RunOptions,
): { release: () => void; timedOut: () => boolean } {
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    killGroup(pid, 'SIGTERM');
    killing = setTimeout(() => killGroup(pid, 'SIGKILL'), graceMs);
  };
  const timer =
    options.timeoutSeconds === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          end();
        }, options.timeoutSeconds * 1000);
  if (options.signal?.aborted) end();
  else options.signal?.addEventListener('abort', end, { once: true });
  return {
    timedOut: () => timedOut,
    release: () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      if (killing === undefined) return;
      clearTimeout(killing);
      // The program obeyed; a child of its that did not is not left behind.
      killGroup(pid, 'SIGKILL');
    },
  };
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: all of it has ended already.
  }
}

function cannotStart(
  argv: readonly string[],
  options: RunOptions,
  cause: NodeJS.ErrnoException,
): StepError {
  const { code = '' } = cause;
  const where = options.cwd === undefined ? '' : ` in ${options.cwd} (is that directory there?)`;
  const missing = argv[0]?.includes('/')
    ? 'there is no such file'
    : `it is not in ${options.env?.PATH ?? searchPath}`;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: missing,
    EACCES: 'it may not be executed',
    E2BIG: 'its arguments and environment are too long',
    EAGAIN: 'the limit of processes is reached',
    ENOMEM: 'there is no memory left',
    EMFILE: 'too many files are open',
  };
  return new StepError(`cannot run ${argv[0]}${where}: ${reasons[code] ?? code}`, { cause });
}

function signalNumber(signal: string | undefined): number {
  return constants.signals[signal as NodeJS.Signals] ?? 0;
}
