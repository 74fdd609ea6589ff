/** Tells systemd how the boot is getting on: a status text, more time to start, and READY once the node is healthy. */
import type { Clock } from '../clock.ts';
import type { Listener } from '../events.ts';
import type { Host } from '../host/host.ts';
import { type StatusRecord, statusAfter } from './status.ts';

export interface ServiceManager {
  readonly listener: Listener;
  /** Resolves when systemd has heard all of it. Never rejects. */
  settled(): Promise<void>;
  /** The process is about to exit: the watchdog is told no more. */
  stop(): void;
}

/**
 * A ninth of the time that bootstrap-agent.service is given to start (TimeoutStartSec=), and that each extension gives. On a
 * burstable instance without CPU credits Node alone takes most of a minute to start, and so may a process that notifies.
 */
const beatMs = 20_000;
const extension = 'EXTEND_TIMEOUT_USEC=180000000';

/**
 * `socket`: NOTIFY_SOCKET of sd_notify(3); without one nothing is said. Each message is a process, since Node cannot write
 * to a datagram socket: a few a boot, none of which the boot waits for before its end.
 */
export function serviceManager(
  socket: string | undefined,
  host: Pick<Host, 'run'>,
  clock: Clock,
): ServiceManager {
  if (!socket)
    return { listener: () => undefined, settled: async () => undefined, stop: () => undefined };
  const over = new AbortController();
  const exits = new AbortController();
  let record: StatusRecord | undefined;
  let told: Promise<unknown> = Promise.resolve();

  const notify = (...words: readonly string[]) => {
    const send = () =>
      host.run(['systemd-notify', ...words], {
        env: { NOTIFY_SOCKET: socket },
        timeoutSeconds: 10,
      });
    // Not told is no reason to fail a boot: systemd then says itself that it was told nothing.
    told = told.then(send).catch(() => undefined);
  };
  const beat = async () => {
    for (;;) {
      await clock.sleep(beatMs, over.signal);
      notify(extension, statusText(record));
    }
  };
  // The watchdog of the unit begins with READY; the agent may go on watching the load balancer for some minutes.
  const watchdog = async () => {
    for (;;) {
      await clock.sleep(beatMs, exits.signal);
      notify('WATCHDOG=1');
    }
  };

  return {
    stop: () => exits.abort(),
    listener: (event) => {
      const before = record;
      record = statusAfter(record, event);
      if (event.type === 'boot-started') beat().catch(() => undefined);
      if (event.type !== 'boot-finished') {
        const begins = /^(applying|probing|registering)$/.test(record?.state ?? '');
        if (begins && record?.state !== before?.state) notify(statusText(record));
        return;
      }
      over.abort();
      if (event.exitCode === 0) watchdog().catch(() => undefined);
      notify(...(event.exitCode === 0 ? ['READY=1'] : []), statusText(record));
    },
    settled: async () => {
      await told;
    },
  };
}

function statusText(record: StatusRecord | undefined): string {
  // One line of a message is one variable; systemctl status shows it behind the state.
  const line = (record === undefined ? 'Starting' : inWords(record)).replace(/\s+/g, ' ');
  return `STATUS=${line.length > 300 ? `${line.slice(0, 299)}…` : line}`;
}

function inWords(record: StatusRecord): string {
  const { steps, probes, verdict, failure } = record;
  const node = record.class === undefined ? 'node' : `${record.class} node`;
  switch (record.state) {
    case 'starting':
    case 'identity':
      return 'Asking the metadata service who this instance is';
    case 'planning':
      return `Planning a ${node}`;
    case 'applying': {
      const done = steps.unchanged + steps.changed;
      const current = steps.current.length === 0 ? '' : `, at work on ${steps.current.join(', ')}`;
      return `Making a ${node}: ${done} of ${steps.planned} steps done${current}`;
    }
    case 'probing': {
      const answers = Object.entries(probes).map(([probe, answer]) => `${probe}: ${answer}`);
      return `Waiting until the ${node} is healthy: ${answers.join('; ')}`;
    }
    case 'registering': {
      const seen = Object.entries(record.targets ?? {}).map(([name, how]) => `${name}: ${how}`);
      return `Waiting until the load balancer finds the ${node} healthy: ${seen.join('; ')}`;
    }
    case 'prepared':
      return `A ${node}, ${verdict?.because}`;
    case 'done':
      return `A healthy ${node}: ${verdict?.because}; launch hook: ${record.hook ?? 'none to complete'}`;
    case 'failed':
      // The verdict is known, its group is not told yet.
      if (record.exitCode === undefined)
        return `Failed${record.held === undefined ? '' : `, ${record.held}`}: ${failure}`;
      return `Failed, exit code ${record.exitCode}: ${failure ?? 'see the journal'}`;
  }
}
