/** A process at rest: memory and CPU of a Node process that stays, as the kernel accounts for them over a window of time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

export interface Rest {
  /** Resident at the end of the window, MB. */
  readonly residentMb: number;
  /** CPU used within the window, put to a minute, milliseconds. */
  readonly cpuMsPerMinute: number;
  /** How often a thread of it went to sleep, which is how often one was woken, put to a minute. */
  readonly wakeUpsPerMinute: number;
}

/** USER_HZ of proc_pid_stat(5): 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/**
 * Starts `node <args>` as root of namespaces of its own, with a /run that goes with it; leaves it alone for `settleSeconds`,
 * looks at it for `windowSeconds`, and ends it. Throws, with what it wrote to stderr, when it has ended by itself.
 */
export async function atRest(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  settleSeconds: number,
  windowSeconds: number,
): Promise<Rest> {
  const inItsOwn = ['--user', '--map-root-user', '--mount', 'sh', '-c'];
  const script = 'mount -t tmpfs tmpfs /run && exec "$@"';
  const child = spawn('unshare', [...inItsOwn, script, 'sh', process.execPath, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said += data;
  });
  // Each becomes the next without a fork, so this is Node in the end.
  await once(child, 'spawn');
  try {
    await wait(settleSeconds);
    const [before, slept] = [cpuMs(child), sleeps(child)];
    await wait(windowSeconds);
    const [used, woken] = [cpuMs(child) - before, sleeps(child) - slept];
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    if (!/^Name:\t(node|MainThread)$/m.test(status)) throw new Error('it is not Node that runs');
    const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
    const perMinute = 60 / windowSeconds;
    return {
      residentMb: kib / 1024,
      cpuMsPerMinute: used * perMinute,
      wakeUpsPerMinute: woken * perMinute,
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}. It said:\n${said}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
  }
}

function cpuMs({ pid, exitCode }: ChildProcess): number {
  if (exitCode !== null) throw new Error(`it ended by itself with ${exitCode}`);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // utime and stime, fields 14 and 15; the name in brackets may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000;
}

/** Voluntary context switches of all its threads, proc_pid_status(5). */
function sleeps({ pid }: ChildProcess): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))
    .map((status) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]))
    .reduce((sum, count) => sum + count, 0);
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
