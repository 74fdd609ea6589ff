/** `agent watch`: waits for the notice to leave, and drains the node then. Small at rest: what a drain needs is loaded when one begins. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import { type Event, EventStream, type Listener, type Tell } from '../events.ts';
import type { SmallHost } from '../host/small-host.ts';
import { keys } from '../identity/keys.ts';
import { metadataClient, metadataEndpoints } from '../identity/metadata-client.ts';
import { byHandPath, LeavingFile, leavingFrom, readLeaving } from '../lifecycle/leaving.ts';
import type { Notice } from '../lifecycle/notices/notice.ts';
import { pollNotices, type Read } from '../lifecycle/notices/poller.ts';
import { noticesIn, type Sighting } from '../lifecycle/notices/sighting.ts';
import { preparedPath } from '../lifecycle/prepared.ts';
import { drainOrdersPath } from '../plan/drain-orders.ts';
import { Redactor } from '../redaction.ts';
import { Departures } from './departures.ts';
import { poweringOff } from './powering-off.ts';
import type { Environment } from './surroundings.ts';

export interface WatchOptions {
  readonly env: Environment;
  readonly host: SmallHost;
  readonly clock: Clock;
  readonly agentVersion: string;
  readonly listeners: readonly Listener[];
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
  /** Called after each look that was answered or not: the watch is alive. */
  readonly looked?: () => void;
  readonly random?: () => number;
}

/** One read, with its retries: the next look comes soon anyway. Milliseconds. */
const readWithinMs = 4_000;
/** At power-off there is one last look, since the notice may be younger than the one before. */
const lastLookMs = 2_000;

/**
 * Watches until told to stop; drains in short where that is because the machine is being switched off. Throws ConfigError
 * where the environment names an endpoint that cannot be one.
 */
export async function watch(options: WatchOptions): Promise<void> {
  await new Watch(options).untilStopped();
}

const keyOf = {
  targetState: keys.targetLifecycleState,
  purchase: keys.lifeCycle,
  spot: keys.spotNotice,
  rebalance: keys.rebalance,
  maintenance: keys.maintenance,
} as const;

class Watch {
  readonly #options: WatchOptions;
  readonly #tell: Tell;
  readonly #read: Read;
  readonly #close: () => void;
  readonly #file: LeavingFile;
  readonly #departures: Departures;
  readonly #told = new Set<string>();

  constructor(options: WatchOptions) {
    const { env, host, clock, random, agentVersion } = options;
    this.#options = options;
    const redactor = new Redactor();
    const stream = new EventStream(clock, redactor);
    this.#tell = stream.tell;
    for (const listener of options.listeners) stream.listen(listener);
    stream.listen((event) => this.#note(event));
    const metadata = metadataClient({
      endpoints: metadataEndpoints(env),
      clock,
      // What one read met on its way is not worth a line: the poller tells when all fail.
      tell: () => undefined,
      deadlineMs: readWithinMs,
      ...(random && { random }),
    });
    this.#read = (key, signal) => {
      options.looked?.();
      return metadata.read(keyOf[key], signal);
    };
    this.#close = () => metadata.close();
    this.#file = new LeavingFile(
      host.files,
      () => Math.round(clock.now()),
      leavingFrom(agentVersion, process.pid),
      (error) => this.#tell({ type: 'warning', message: messageOf(error) }),
    );
    this.#departures = new Departures({
      env,
      host,
      clock,
      redactor,
      tell: this.#tell,
      file: this.#file,
    });
  }

  async untilStopped(): Promise<void> {
    const { host, clock, agentVersion, signal, random = Math.random } = this.#options;
    // Nobody's watch ends for want of what the one before knew.
    const before = await readLeaving(host.files).catch((error: unknown) => {
      this.#tell({ type: 'warning', message: messageOf(error) });
      return undefined;
    });
    this.#file.set({ ...leavingFrom(agentVersion, process.pid, before), watching: true });
    await this.#departures.read();
    this.#tell({ type: 'watch-started', agentVersion });
    // Cut off in the middle of a drain: it goes on at once, with what is left of its time.
    if (before?.drain?.state === 'draining') this.#departures.resume(before);
    await pollNotices({
      read: this.#read,
      clock,
      tell: this.#tell,
      signal,
      random,
      sighted: (sighting) => this.#sighted(sighting),
    });
    await this.#stopped();
    this.#close();
    this.#file.set({ watching: false });
    await this.#file.settled();
  }

  async #sighted(sighting: Sighting): Promise<void> {
    const { host } = this.#options;
    const { record } = this.#file;
    // Outside a group there is no state, and the node is in service once it is healthy.
    const inService = (sighting.targetState?.trim() ?? 'InService') === 'InService';
    const pooled = sighting.targetState?.startsWith('Warmed:') ?? false;
    const wasInService =
      record.wasInService || inService || (pooled && (await this.#isActivated()));
    if (wasInService !== record.wasInService) this.#file.set({ wasInService });
    const { notices, unreadable } = noticesIn(sighting, wasInService);
    for (const message of unreadable) this.#warnOnce(message);
    const all = [...notices, ...(await this.#byHand())];
    this.#compare(all);
    const due = all.filter((notice) => this.#departures.leads(notice) === 'drain');
    if (due.length > 0) this.#departures.answer(due);
    else if (inService) this.#departures.comeBack({ prepared: await host.files.has(preparedPath) });
    // Nobody else brings it back any more.
    else if (all.some(({ kind }) => kind === 'detached'))
      this.#departures.comeBack({ detached: true });
    else this.#departures.lieReady();
  }

  /**
   * A boot has gone beyond what a pool wants. A group may want the node in service and take it back between two looks: only
   * the machine tells then that there is something to drain.
   */
  async #isActivated(): Promise<boolean> {
    const { files } = this.#options.host;
    return (await files.has(drainOrdersPath)) && !(await files.has(preparedPath));
  }

  /** Tells what is new and what is gone. */
  #compare(notices: readonly Notice[]): void {
    const { notices: known } = this.#file.record;
    const added = notices.filter(({ kind }) => !known.some((one) => one.kind === kind));
    const gone = known.filter(({ kind }) => !notices.some((one) => one.kind === kind));
    for (const notice of added)
      this.#tell({ type: 'notice', ...notice, leads: this.#departures.leads(notice) });
    for (const { kind } of gone) this.#tell({ type: 'notice-withdrawn', kind });
    if (added.length > 0 || gone.length > 0) this.#file.set({ notices });
  }

  /** Told to stop. Only a machine that is being switched off is drained: a restart of this unit, or a reboot, is no reason. */
  async #stopped(): Promise<void> {
    const source = await poweringOff(this.#options.host);
    if (source === undefined) return this.#departures.stop();
    const shutdown: Notice = { kind: 'shutdown', because: 'the machine is switched off', source };
    if (!this.#departures.isOver) {
      const notices = [...(await this.#lastLook()), shutdown];
      this.#compare(notices);
      this.#departures.answer(
        notices.filter((notice) => this.#departures.leads(notice) === 'drain'),
      );
    }
    await this.#departures.done;
  }

  async #lastLook(): Promise<readonly Notice[]> {
    const { clock } = this.#options;
    const late = new UnavailableError('no answer in time');
    const { signal, release } = deadlineSignal(clock, lastLookMs, late);
    const targetState = await this.#read('targetState', signal).catch(() => undefined);
    release();
    return noticesIn({ targetState }, this.#file.record.wasInService).notices;
  }

  /** There is a file while somebody wants it: it costs one system call a look, and survives a crash of the watch. */
  async #byHand(): Promise<Notice[]> {
    if (!(await this.#options.host.files.has(byHandPath))) return [];
    const because = 'somebody drains this node by hand';
    return [{ kind: 'by-hand', because, source: 'agent drain' }];
  }

  #note(event: Event): void {
    if (event.type === 'metadata-silent') this.#file.set({ silentSince: event.at });
    if (event.type === 'metadata-back') this.#file.set({ silentSince: null });
    this.#departures.note(event);
  }

  #warnOnce(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#tell({ type: 'warning', message });
  }
}
