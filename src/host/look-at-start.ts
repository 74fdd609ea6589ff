/** Starts a program, looks at what it has in memory once it has come to rest, and ends it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { StepError } from '../errors.ts';
import type { Extent } from './host.ts';
import { touchedPages } from './touched-pages.ts';

export interface Start {
  readonly touched: readonly Extent[];
  /** Its standard output and error. */
  readonly said: string;
}

const lookEveryMs = 50;
/** At rest: so many looks at which it slept, and had used no tick of CPU (10 ms) since the one before. */
const restfulLooks = 8;
/** An emulated machine takes ten seconds to start Node. */
const patienceMs = 60_000;

/**
 * The program must be the process that is started, or replace it. Throws StepError where it cannot be started, ends before it
 * comes to rest, or does not; the signal's reason when aborted. It is gone in any case.
 */
export async function lookAtStart(
  argv: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Start> {
  signal.throwIfAborted();
  const [file, ...words] = argv;
  const child = spawn(file, words, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  const hear = (bytes: Buffer) => {
    said += bytes;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const over = once(child, 'close');
  // Where it cannot be started; told below.
  over.catch(() => undefined);
  let touched: readonly Extent[];
  try {
    await once(child, 'spawn', { signal });
    await atRest(child.pid ?? 0, signal);
    touched = touchedPages(child.pid ?? 0);
  } catch (error) {
    signal.throwIfAborted();
    kill('SIGKILL');
    const about = said.trim().split('\n').slice(-3).join('\n');
    throw new StepError(`cannot look at the start of ${file}: ${about || String(error)}`, {
      cause: error,
    });
  } finally {
    if (signal.aborted) kill('SIGKILL');
    else kill('SIGTERM');
  }
  // What it keeps at its end is part of what it is started for.
  const late = setTimeout(() => kill('SIGKILL'), patienceMs);
  await over;
  clearTimeout(late);
  return { touched, said };

  function kill(how: NodeJS.Signals): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(child.pid, how);
  }
}

async function atRest(pid: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + patienceMs;
  let looks = 0;
  for (let before = -1; performance.now() < until; ) {
    const { sleeps, ticks } = standOf(pid);
    // Waiting for the disk or for a processor is no rest.
    looks = sleeps && ticks === before && ticks > 0 ? looks + 1 : 0;
    if (looks === restfulLooks) return;
    before = ticks;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    signal.throwIfAborted();
  }
  throw new Error(`it did not come to rest within ${patienceMs / 1000} s`);
}

/** proc_pid_stat(5): its state, and time in user mode and in the kernel (fields 14 and 15), behind the name, which may hold anything. */
function standOf(pid: number): { sleeps: boolean; ticks: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') throw new Error('it ended by itself');
  return { sleeps: fields[0] === 'S', ticks: Number(fields[11]) + Number(fields[12]) };
}
