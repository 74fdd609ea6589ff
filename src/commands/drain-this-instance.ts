/** `agent drain` on the instance that it runs on. */
import { systemClock } from '../clock.ts';
import { localHost } from '../host/local-host.ts';
import { demandRoot } from './demand-root.ts';
import { type DrainOptions, drain } from './drain.ts';
import type { Output } from './output.ts';
import type { Environment } from './surroundings.ts';

/** As `drain`. Throws ConfigError where the process is not root's. */
export function drainThisInstance(
  options: DrainOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
  uid = process.getuid?.(),
): Promise<number> {
  demandRoot('agent drain', uid, 'Run it by sudo; agent dry-run shows what it would do.');
  const host = localHost();
  const runs = async (pid: number) => (await host.files.stat(`/proc/${pid}`)) !== undefined;
  return drain(options, { env, host, clock: systemClock, runs }, output, signal);
}
