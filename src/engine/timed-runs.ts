/** Timed runs: a program that runs within its own timeout is progress, though it prints nothing. */
import type { Host } from '../host/host.ts';
import type { Pulse } from './pulse.ts';

/** The same host, whose programs with a timeout keep the pulse going until they end or are killed for it. */
export function withTimedRuns(host: Host, pulse: Pulse): Host {
  return {
    ...host,
    async run(argv, options = {}) {
      const { timeoutSeconds } = options;
      const over = timeoutSeconds === undefined ? undefined : pulse.during(timeoutSeconds * 1000);
      try {
        return await host.run(argv, options);
      } finally {
        over?.();
      }
    },
  };
}
