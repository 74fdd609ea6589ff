/** Simulated journalctl(1): the last lines of one unit. */
import type { Program } from '../machine.ts';

export const journalctl: Program = async ({ systemd }, args) => {
  const after = (flag: string) => args[args.indexOf(flag) + 1];
  const unit = args.includes('-u') ? (after('-u') ?? '') : '';
  const lines = args.includes('-n') ? Number(after('-n')) : 10;
  const log = systemd.stateOf(unit).log.slice(-lines);
  return { exitCode: 0, stdout: log.map((line) => `${line}\n`).join('') };
};
