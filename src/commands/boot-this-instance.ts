/** `agent boot`: boots the instance that it runs on. */
import { demandRoot } from './demand-root.ts';
import type { Output } from './output.ts';
import type { Ahead } from './springs.ts';
import { type Environment, realSurroundings } from './surroundings.ts';
import { watchedBoot } from './watched-boot.ts';

export interface BootThisInstanceOptions {
  readonly json?: boolean;
  readonly log?: 'json' | 'pretty';
  readonly ahead?: Ahead | undefined;
}

/** Gives the exit code of the contract. */
export async function bootThisInstance(
  options: BootThisInstanceOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
  uid = process.getuid?.(),
): Promise<number> {
  // Before anything else, and without a word to the group: who forgot sudo on a node that works must not lose it.
  demandRoot(
    'agent boot',
    uid,
    'On an instance: sudo systemctl start bootstrap-agent. Anywhere else: agent dry-run shows what a node would become, agent rehearse boots a simulated one.',
  );
  const format = options.log ?? (output.terminal ? 'pretty' : 'json');
  const result = await watchedBoot(
    { ...realSurroundings(env), ...(options.ahead && { ahead: options.ahead }) },
    { format: format === 'json' ? 'plain-json' : format, level: 'info' },
    output,
    signal,
  );
  if (options.json) output.out(`${JSON.stringify(result.record, null, 2)}\n`);
  return result.exitCode;
}
