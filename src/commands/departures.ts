/** Departures: which drain is under way or was the last, and what a notice changes about it. */
import type { Clock } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Event, Tell } from '../events.ts';
import type { SmallHost } from '../host/small-host.ts';
import type { Drain, Leaving, LeavingFile } from '../lifecycle/leaving.ts';
import type { Notice } from '../lifecycle/notices/notice.ts';
import { type DrainOrders, drainOrdersPath } from '../plan/drain-orders.ts';
import type { Redactor } from '../redaction.ts';
import type { Departure } from './departure.ts';
import type { Environment } from './surroundings.ts';

export interface DeparturesOptions {
  readonly env: Environment;
  readonly host: SmallHost;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly tell: Tell;
  readonly file: LeavingFile;
}

interface Underway {
  /** Came before the departure was there: its code is loaded only now. */
  readonly joining: Notice[];
  departure?: Departure;
  done: Promise<void>;
}

export class Departures {
  readonly #options: DeparturesOptions;
  readonly #stop = new AbortController();
  #orders: DrainOrders | undefined;
  #underway: Underway | undefined;
  #returning: Promise<void> | undefined;
  #warned = '';
  /** To come out of the pool. */
  #tried = false;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Reads what the boot left to be done. */
  async read(): Promise<void> {
    this.#orders = (await readOrders(this.#options.host)) ?? this.#orders;
  }

  /** What a notice leads to, by its kind and the choices of the class. */
  leads({ kind, until }: Notice): 'drain' | 'later' | 'noted' {
    const on: Readonly<Record<string, 'drain' | 'note'>> = this.#orders?.on ?? {};
    if (on[kind] === 'note') return 'noted';
    if (kind !== 'maintenance' || until === undefined) return 'drain';
    // Told days ahead: the drain begins when twice the time is left that it may take.
    const lead = 2 * (this.#orders?.deadlineSeconds ?? 0) * 1000;
    return until - this.#options.clock.now() > lead ? 'later' : 'drain';
  }

  /** The last drain is over, and nothing has called it back since. */
  get isOver(): boolean {
    const state = this.#drain?.state;
    return this.#underway === undefined && (state === 'drained' || state === 'incomplete');
  }

  /** Resolves when the drain that is under way is over. Never rejects. */
  get done(): Promise<void> {
    return this.#underway?.done ?? Promise.resolve();
  }

  /** Drains for these notices, all that there are now; a drain that is under way takes up those that are new to it. */
  answer(notices: readonly Notice[]): void {
    const drain = this.#drain;
    const added = notices.filter(({ kind }) => !drain?.kinds.includes(kind));
    if (this.#underway !== undefined) for (const notice of added) this.#join(notice);
    else if (!this.isOver) this.#depart(notices);
    // Another reason after all is done: what it asks for beyond that is done too (a hook); the rest is found done.
    else if (added.length > 0) this.#depart(notices, drain);
  }

  /** Goes on with a drain that was cut off. */
  resume({ notices, drain }: Leaving): void {
    this.#depart(notices, drain);
  }

  /**
   * The group wants it in service, again or for the first time: the node becomes what its class says, and goes back to its
   * target groups. `prepared`: it lies ready in a warm pool. `detached`: its group has let go of it, and a drain that nobody
   * wants any more is all that keeps it out. Tried once; a boot that fails has told the group by itself.
   */
  comeBack({
    prepared = false,
    detached = false,
  }: {
    prepared?: boolean;
    detached?: boolean;
  }): void {
    const drain = this.#drain;
    const away = prepared ? !this.#tried : this.isOver && drain !== undefined;
    if (!away || this.#underway !== undefined || this.#returning !== undefined) return;
    this.#tried = true;
    this.#setDrain({ state: 'returning' });
    const back = async () => {
      const { comeBack } = await import('./come-back.ts');
      const returned = await comeBack({ ...this.#options, drain, orders: this.#orders, detached });
      this.#setDrain({ state: returned ? 'returned' : 'lost' });
    };
    this.#returning = back()
      .catch((error) => this.#warn(error))
      .finally(() => {
        this.#returning = undefined;
      });
  }

  /** In the pool, or on the way there: the next time that the node is wanted is another one. */
  lieReady(): void {
    this.#tried = false;
  }

  /** Leaves a drain where it is; the next run goes on from there. */
  async stop(): Promise<void> {
    this.#stop.abort(new StepError('the watch is told to stop'));
    await this.#underway?.done;
    await this.#returning;
  }

  /** Keeps what a drain tells. */
  note(event: Event): void {
    if (event.type !== 'drain-stage') return;
    const { stage, outcome, ms, because } = event;
    const before = this.#drain?.stages.filter((one) => one.stage !== stage) ?? [];
    this.#setDrain({ stages: [...before, { stage, outcome, ms, ...(because && { because }) }] });
  }

  #join(notice: Notice): void {
    const { kinds = [] } = this.#drain ?? {};
    this.#setDrain({ kinds: [...kinds, notice.kind] });
    const { departure, joining } = this.#underway ?? {};
    if (departure === undefined) joining?.push(notice);
    else departure.join(notice);
  }

  #depart(notices: readonly Notice[], earlier?: Drain): void {
    const underway: Underway = { joining: [], done: Promise.resolve() };
    this.#underway = underway;
    underway.done = this.#toItsEnd(notices, earlier, underway)
      .catch((error) => this.#warn(error))
      .finally(() => {
        this.#underway = undefined;
      });
  }

  async #toItsEnd(
    notices: readonly Notice[],
    earlier: Drain | undefined,
    underway: Underway,
  ): Promise<void> {
    const { env, host, clock, redactor, tell, file } = this.#options;
    await this.#returning;
    await this.read();
    const orders = this.#orders;
    if (orders === undefined)
      throw new StepError(
        `this node cannot be drained: no boot of the agent has left ${drainOrdersPath}`,
      );
    const { Departure } = await import('./departure.ts');
    const { openSprings } = await import('./springs.ts');
    const springs = openSprings({ env, clock }, tell);
    const begun = beginningOf(notices, earlier, clock.now());
    const departure = new Departure({
      id: begun.id,
      orders,
      notices: notices.map((notice) => ({ ...begun.limit, ...notice })),
      host: await host.whole(),
      aws: springs.aws(orders.region),
      clock,
      redactor,
      tell,
      signal: this.#stop.signal,
    });
    const { limit: _, ...drain } = begun;
    const deregistered = departure.deregistered || (earlier?.deregistered ?? false);
    const until = Math.round(departure.until);
    file.set({ drain: { ...drain, state: 'draining', until, deregistered, stages: [] } });
    await file.settled();
    underway.departure = departure;
    for (const notice of underway.joining) departure.join(notice);
    const complete = await departure.toItsEnd();
    springs.close();
    if (this.#stop.signal.aborted) return;
    const finishedAt = Math.round(clock.now());
    this.#setDrain({ state: complete ? 'drained' : 'incomplete', finishedAt });
    // Back in the pool it has not worked for its group, as at its launch.
    if (this.#drain?.kinds.includes('warm-pool')) {
      file.set({ wasInService: false });
      this.lieReady();
    }
    await file.settled();
  }

  get #drain(): Drain | undefined {
    return this.#options.file.record.drain;
  }

  #setDrain(change: Partial<Drain>): void {
    const drain = this.#drain;
    if (drain !== undefined) this.#options.file.set({ drain: { ...drain, ...change } });
  }

  /** Once: what fails at every look need not be told at every look. */
  #warn(error: unknown): void {
    const message = messageOf(error);
    if (message === this.#warned) return;
    this.#warned = message;
    this.#options.tell({ type: 'warning', message });
  }
}

/** A new drain, or an earlier one that goes on: under the same id, so that nothing is done twice. */
function beginningOf(notices: readonly Notice[], earlier: Drain | undefined, now: number) {
  const startedAt = earlier?.startedAt ?? Math.round(now);
  const kinds = [...(earlier?.kinds ?? []), ...notices.map(({ kind }) => kind)];
  return {
    id: earlier?.id ?? new Date(startedAt).toISOString().replace(/[:.]/g, '-'),
    kinds: [...new Set(kinds)],
    because: notices.map(({ because }) => because).join('; '),
    startedAt,
    // One that was cut off has no more time than it had.
    limit: earlier?.state === 'draining' ? { until: earlier.until } : {},
  };
}

async function readOrders({ files }: SmallHost): Promise<DrainOrders | undefined> {
  const bytes = await files.read(drainOrdersPath);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as DrainOrders;
  } catch (cause) {
    throw new StepError(
      `${drainOrdersPath} holds no drain orders; a boot writes them anew: systemctl start bootstrap-agent`,
      { cause },
    );
  }
}
