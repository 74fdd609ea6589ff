/** `agent boot`: boots the instance that it runs on. */
import type { Output } from './output.ts';
import { type Environment, realSurroundings } from './surroundings.ts';
import { watchedBoot } from './watched-boot.ts';

export interface BootThisInstanceOptions {
  readonly json?: boolean;
  readonly log?: 'json' | 'pretty';
}

/** Gives the exit code of the contract. */
export async function bootThisInstance(
  options: BootThisInstanceOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const format = options.log ?? (output.terminal ? 'pretty' : 'json');
  const result = await watchedBoot(
    realSurroundings(env),
    { format, level: 'info' },
    output,
    signal,
  );
  if (options.json) output.out(`${JSON.stringify(result.record, null, 2)}\n`);
  return result.exitCode;
}
