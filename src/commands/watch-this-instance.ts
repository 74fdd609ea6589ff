/** `agent watch` on the instance that it runs on: as a service of systemd, or in a terminal. */
import packageJson from '../../package.json' with { type: 'json' };
import { systemClock } from '../clock.ts';
import { plainJsonLog } from '../engine/log.ts';
import { sentenceOf } from '../engine/sentence.ts';
import type { Listener } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import { notifySystemd } from '../host/notify.ts';
import { smallHost } from '../host/small-host.ts';
import { demandRoot } from './demand-root.ts';
import { orderStops } from './order-stops.ts';
import type { Output } from './output.ts';
import type { Environment } from './surroundings.ts';
import { watch } from './watch.ts';

/** A part of WatchdogSec= that is surely in time, and rare: each word to systemd is a process. */
const aliveEvery = 1 / 3;

/** Watches until `signal` aborts; gives 0. Throws ConfigError where the environment names an endpoint that cannot be one. */
export async function watchThisInstance(
  env: Environment,
  output: Pick<Output, 'err'>,
  signal: AbortSignal,
  uid = process.getuid?.(),
): Promise<number> {
  demandRoot('agent watch', uid, 'On an instance: sudo systemctl start bootstrap-agent-watch.');
  const host = smallHost();
  const socket = env.NOTIFY_SOCKET;
  const clock = systemClock;
  const status: Listener = (event) => {
    const line = sentenceOf(event).replace(/\s+/g, ' ').slice(0, 300);
    if (event.type === 'watch-started') {
      void notifySystemd(socket, 'READY=1', 'STATUS=Watching for notices to leave');
    } else if (/^(notice|drain)/.test(event.type)) void notifySystemd(socket, `STATUS=${line}`);
  };
  await orderStops(host);
  await watch({
    env,
    host,
    clock,
    agentVersion: packageJson.version,
    listeners: [plainJsonLog(output.err), status],
    signal,
    looked: watchdog(env, () => void notifySystemd(socket, 'WATCHDOG=1')),
  });
  return exitCode.done;
}

/** Speaks when a third of the watchdog's time has passed since the last word, and only while looks go on. */
function watchdog(env: Environment, speak: () => void): () => void {
  const everyMs = (Number(env.WATCHDOG_USEC ?? 0) / 1000) * aliveEvery;
  if (everyMs === 0) return () => undefined;
  let spoken = systemClock.monotonic();
  return () => {
    const now = systemClock.monotonic();
    if (now - spoken < everyMs) return;
    spoken = now;
    speak();
  };
}
