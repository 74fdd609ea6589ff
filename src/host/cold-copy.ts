/** A program as nobody has used it yet: a copy that is not in memory, on a disk that gives it page by page. */
import { copyFileSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { StepError } from '../errors.ts';
import { runProgram } from './programs.ts';

/**
 * Gives `use` the path of a copy beside the program: what a process of it has in memory is then what it has used, and not what the
 * kernel read along. Where the program lies on no disk of this machine, that cannot be had, and `use` gets the program itself.
 * Meanwhile the whole disk is read page by page. Throws StepError where there is no room for a copy.
 */
export async function withColdCopy<T>(
  program: string,
  signal: AbortSignal,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const setting = readAheadSetting(statSync(program).dev);
  if (setting === undefined) return use(program);
  const copy = `${program}.cold`;
  try {
    copyFileSync(program, copy);
    await say(['sync', copy], signal);
    // Drops from memory what is on the disk already (dd(1), nocache).
    await say(['dd', `if=${copy}`, 'iflag=nocache', 'count=0', 'status=none'], signal);
    const before = readFileSync(setting, 'utf8');
    writeFileSync(setting, '0');
    try {
      return await use(copy);
    } finally {
      writeFileSync(setting, before);
    }
  } finally {
    rmSync(copy, { force: true });
  }
}

/** What the disk with this device number reads along, in KiB (sysfs-block(5)); undefined where it is not in sysfs, or not to be set. */
export function readAheadSetting(device: number, sysfs = '/sys'): string | undefined {
  // makedev(3): twelve bits of the minor number around twelve of the major one.
  const number = BigInt(device);
  const major = (number >> 8n) & 0xfffn;
  const minor = (number & 0xffn) | ((number >> 12n) & 0xfff00n);
  try {
    const folder = realpathSync(`${sysfs}/dev/block/${major}:${minor}`);
    // A partition has none of its own.
    const candidates = [folder, folder.slice(0, folder.lastIndexOf('/'))];
    return candidates
      .map((each) => `${each}/queue/read_ahead_kb`)
      .find((path) => (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o200);
  } catch {
    return undefined;
  }
}

async function say(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<void> {
  const { exitCode, stderr } = await runProgram(argv, { signal, timeoutSeconds: 120 });
  if (exitCode !== 0) throw new StepError(`${argv.join(' ')}: ${stderr.trim()}`);
}
