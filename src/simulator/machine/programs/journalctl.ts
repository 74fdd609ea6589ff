/** Simulated journalctl(1): the last lines of units, one unit after the other. */
import type { Program } from '../machine.ts';

export const journalctl: Program = async ({ systemd }, args) => {
  const after = (flag: string) => args.flatMap((arg, at) => (args[at - 1] === flag ? [arg] : []));
  const lines = Number(after('-n').at(0) ?? 10);
  const named = after('-o').includes('with-unit');
  const log = after('-u').flatMap((unit) =>
    systemd.stateOf(unit).log.map((line) => (named ? `${unit}: ${line}` : line)),
  );
  const last = log.slice(-lines);
  return { exitCode: 0, stdout: last.map((line) => `${line}\n`).join('') };
};
