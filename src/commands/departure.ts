/** A departure: one drain of this node, from its notices to the completed hook. Loaded when a notice has come, AWS's clients with it. */
import type { Aws } from '../aws/aws.ts';
import type { Clock } from '../clock.ts';
import { Due } from '../engine/due.ts';
import { Pulse } from '../engine/pulse.ts';
import { runStages } from '../engine/run-stages.ts';
import { messageOf } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Host } from '../host/host.ts';
import { type LaunchHook, launchHook } from '../lifecycle/launch-hook.ts';
import { type Notice, traits } from '../lifecycle/notices/notice.ts';
import type { DrainOrders } from '../plan/drain-orders.ts';
import { drainPlanFor } from '../plan/drain-plan.ts';
import type { Redactor } from '../redaction.ts';
import { drainResources } from '../resources/drain/drain-table.ts';
import { bootsAgain } from './boots-again.ts';

/** Kept of the time that a notice leaves, for what comes after the last stage, milliseconds. */
const reserveMs = 5_000;
/** A terminating hook opens once the load balancer is done with the node; what that takes is in the orders. */
const hookMarginMs = 60_000;

export interface DepartureOptions {
  readonly id: string;
  readonly orders: DrainOrders;
  readonly notices: readonly Notice[];
  readonly host: Host;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly tell: Tell;
  /** Aborted when the process must stop: what is left is left to the next run. */
  readonly signal: AbortSignal;
}

export class Departure {
  readonly deregistered: boolean;
  /** When it is to be over at the latest, milliseconds since the epoch. */
  readonly until: number;
  readonly #options: DepartureOptions;
  readonly #pulse: Pulse;
  readonly #due: Due;
  readonly #over = new AbortController();
  #notices: readonly Notice[];
  #hook: { hook: LaunchHook; beating: Promise<void> } | undefined;
  #poweringOff: boolean;

  /** Nothing is done before `toItsEnd`. */
  constructor(options: DepartureOptions) {
    const { notices, clock } = options;
    this.#options = options;
    this.#notices = notices;
    this.#poweringOff = notices.some(({ kind }) => kind === 'shutdown');
    this.#pulse = new Pulse(clock);
    const ms = this.#patienceMs();
    this.#due = new Due(clock.monotonic() + ms);
    this.until = clock.now() + ms;
    // The group takes it out of its own target groups, and knows nothing of those that the role names.
    this.deregistered =
      options.orders.targetGroups !== undefined ||
      options.orders.registration !== undefined ||
      !notices.some(({ kind }) => traits[kind].deregisteredByGroup);
  }

  /** Gives whether all of it was done. Never throws for what goes wrong on the way: it is told. */
  async toItsEnd(): Promise<boolean> {
    const { id, orders, host, aws, clock, redactor, tell, signal } = this.#options;
    const begun = clock.monotonic();
    const { stages } = drainPlanFor(orders, {
      id,
      deregister: this.deregistered,
      stopServices: !this.#poweringOff,
    });
    tell({
      type: 'drain-started',
      because: this.#notices.map(({ because }) => because).join('; '),
      stages: stages.map((stage) => stage.id),
      seconds: Math.round((this.#due.at - begun) / 1000),
    });
    if (this.#hasHook) this.#openHook();
    const { objects, secrets, autoScaling, loadBalancing, classicBalancing } = aws;
    const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until);
    const balancing = { loadBalancing, classicBalancing };
    const world = { host, objects, secrets, redactor, autoScaling, ...balancing, sleep };
    const pulse = this.#pulse;
    const resources = drainResources;
    const running = { world, resources, clock, tell, pulse, due: this.#due, signal };
    let complete = await runStages({ stages, ...running });
    if (signal.aborted && !this.#poweringOff) return false;
    if (this.#hook !== undefined) complete = (await this.#completeHook()) && complete;
    const outcome = complete ? 'complete' : 'incomplete';
    tell({ type: 'drain-finished', outcome, ms: Math.round(clock.monotonic() - begun) });
    return complete;
  }

  /** Another notice while the drain goes on: there may be less time now, and a hook to complete. */
  join(notice: Notice): void {
    this.#notices = [...this.#notices, notice];
    this.#due.bringForward(this.#options.clock.monotonic() + this.#patienceMs());
    if (notice.kind === 'shutdown') this.#poweringOff = true;
    if (this.#hasHook && this.#hook === undefined) this.#openHook();
  }

  get #hasHook(): boolean {
    return this.#notices.some(({ kind }) => traits[kind].terminatingHook);
  }

  /** What the notices leave, or else what the class takes. */
  #patienceMs(): number {
    const { orders, clock } = this.#options;
    const untils = this.#notices.flatMap(({ until }) => until ?? []);
    const own = this.#notices.some(({ kind }) => kind === 'shutdown')
      ? orders.shutdownSeconds
      : orders.deadlineSeconds;
    const left = Math.min(...untils) - clock.now() - reserveMs;
    return Math.max(0, Math.min(own * 1000, left));
  }

  #openHook(): void {
    const { orders, aws, clock, tell, signal } = this.#options;
    const hook = launchHook({
      transition: 'terminating',
      group: orders.group,
      instanceId: orders.instanceId,
      autoScaling: aws.autoScaling,
      clock,
      tell,
      // Every stage has an end, whether it says something on its way or not: until that, the group waits for good reason.
      pulse: () => Math.min(clock.monotonic(), this.#due.at),
      opensWithinMs: orders.deregistrationSeconds * 1000 + hookMarginMs,
      completeWithinMs: this.#poweringOff
        ? reserveMs
        : orders.deregistrationSeconds * 1000 + 2 * hookMarginMs,
      ...(orders.hook !== undefined && { hook: orders.hook }),
    });
    const until = AbortSignal.any([signal, this.#over.signal]);
    const beating = hook.find(until).then(
      () => hook.beat(until),
      (error) => {
        if (!until.aborted) tell({ type: 'warning', message: messageOf(error) });
      },
    );
    this.#hook = { hook, beating };
  }

  async #completeHook(): Promise<boolean> {
    const { tell } = this.#options;
    this.#over.abort();
    await this.#hook?.beating;
    try {
      await this.#hook?.hook.complete('CONTINUE');
      if (!this.#notices.some(({ kind }) => kind === 'warm-pool')) return true;
      // On its way back into the pool the instance waits once more, at the hook of a launch. The boot prepares it again, and
      // completes that one.
      return await bootsAgain(this.#options.host, tell);
    } catch (error) {
      tell({ type: 'warning', message: messageOf(error) });
      return false;
    }
  }
}
