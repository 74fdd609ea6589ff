/** Commands that change this machine need root. */
import { ConfigError } from '../errors.ts';

/** Throws ConfigError for anybody else; `instead` says what to do then. */
export function demandRoot(command: string, uid: number | undefined, instead: string): void {
  if (uid === 0) return;
  throw new ConfigError(
    `${command} changes this machine and needs root, but runs as user id ${uid}. ${instead}`,
  );
}
