/**
 * A lock between processes that needs no cleaning up after `kill -9`. Node has no flock(2), a socket in the abstract name
 * space could be taken by any user of the machine, and a file with a process id alone cannot be taken over by one of two
 * at once. So each holder has a file of its own, numbered, and the highest number counts: whoever finds its holder gone
 * links the next number, which only one of them can.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from './file-errors.ts';
import type { Holder, Lock, ProcessMark } from './host.ts';
import { isRunning } from './process-mark.ts';

/**
 * Takes the lock whose files are in `folder`, or gives the living process that has it. `now`: milliseconds since the
 * epoch, for the holder. Throws the file system's own errors.
 */
export function takeLock(
  folder: string,
  self: ProcessMark,
  now: number,
): Lock | { holder: Holder } {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const mine: Holder = { ...self, since: now };
  for (;;) {
    const highest = numbersIn(folder).at(-1) ?? 0;
    const holder = highest === 0 ? undefined : holderIn(join(folder, String(highest)));
    if (holder !== undefined && isRunning(holder)) return { holder };
    const number = highest + 1;
    if (!linked(folder, number, mine)) continue;
    // Somebody slower than the one it found gone could link a number that was in use and is removed by now.
    if ((numbersIn(folder).at(-1) ?? 0) > number) {
      rmSync(join(folder, String(number)), { force: true });
      continue;
    }
    for (const one of numbersIn(folder))
      if (one < number) rmSync(join(folder, String(one)), { force: true });
    return { release: () => rmSync(join(folder, String(number)), { force: true }) };
  }
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Whole or not at all: a file that is being written would look like one of a dead holder. False where the number is taken. */
function linked(folder: string, number: number, holder: Holder): boolean {
  const temporary = join(folder, `.${holder.pid}`);
  writeFileSync(temporary, JSON.stringify(holder));
  try {
    linkSync(temporary, join(folder, String(number)));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Undefined where it was released meanwhile, or holds nonsense: nobody has it then. */
function holderIn(path: string): Holder | undefined {
  try {
    const { pid, startTicks, since } = JSON.parse(readFileSync(path, 'utf8'));
    return { pid: Number(pid), startTicks: Number(startTicks), since: Number(since) };
  } catch {
    return undefined;
  }
}
