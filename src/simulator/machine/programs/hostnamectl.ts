/** Simulated hostnamectl(1): set-hostname alone. */
import { done, failed, type Program } from '../machine.ts';

export const hostnamectl: Program = async ({ files }, args) => {
  const [verb, name] = args.filter((arg) => !arg.startsWith('-'));
  if (verb !== 'set-hostname' || name === undefined)
    return failed(1, `Unknown command verb ${verb}.`);
  await files.write('/etc/hostname', `${name}\n`);
  await files.poke('/proc/sys/kernel/hostname', name);
  return done;
};
