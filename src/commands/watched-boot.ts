/** A boot that a person or a log reads along: log lines, live progress on a terminal, and at the end how it went. */
import packageJson from '../../package.json' with { type: 'json' };
import { type LogOptions, logListener } from '../engine/log.ts';
import { liveProgress } from '../engine/progress.ts';
import { serviceManager } from '../engine/service-manager.ts';
import type { Listener } from '../events.ts';
import { type BootResult, boot } from './boot.ts';
import type { Output } from './output.ts';
import type { Surroundings } from './surroundings.ts';

export interface Watching {
  readonly format: LogOptions['format'];
  readonly level: 'debug' | 'info' | 'warn';
}

/** Boots, logging to `output.err`; `listeners` hear of every event, too. */
export async function watchedBoot(
  surroundings: Surroundings,
  { format, level }: Watching,
  output: Output,
  signal: AbortSignal,
  listeners: readonly Listener[] = [],
): Promise<BootResult> {
  const progress = liveProgress({
    write: output.err,
    isTTY: output.terminal && format === 'pretty',
  });
  const log = logListener({ write: progress.above, format, level, colour: output.terminal });
  const { env, host, clock } = surroundings;
  const systemd = serviceManager(env.NOTIFY_SOCKET, host, clock);
  try {
    const result = await boot(surroundings, {
      agentVersion: packageJson.version,
      listeners: [log, progress.listener, systemd.listener, ...listeners],
      signal,
    });
    await systemd.settled();
    await result.inService?.(signal);
    return result;
  } finally {
    systemd.stop();
    progress.stop();
    await Promise.all([log.settled(), systemd.settled()]);
  }
}
