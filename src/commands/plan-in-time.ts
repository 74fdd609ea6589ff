/** Metadata -> Plan, with the launch hook kept waiting meanwhile: the first half of a boot. */
import { messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { launchHook } from '../lifecycle/launch-hook.ts';
import { defaultDeadline } from '../plan/plan.ts';
import { recordOrders } from '../plan/record-orders.ts';
import type { Redactor } from '../redaction.ts';
import { inTime, lastTrouble } from './in-time.ts';
import { keepWhilePlanning } from './keep-while-planning.ts';
import type { Recorder } from './recorder.ts';
import type { Planned } from './river.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';
import { waitingSince } from './waiting-since.ts';

export interface Planning {
  readonly surroundings: Surroundings;
  readonly springs: Springs;
  /** Told of identity and plan as soon as they are known. */
  readonly recorder: Recorder;
  readonly redactor: Redactor;
  readonly tell: Tell;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Aborted when the agent must stop. */
  readonly signal: AbortSignal;
}

/**
 * Throws what the river throws, and UnavailableError, with what was tried last, at the deadline (that of agent.yaml; the role's is not
 * known yet) and when the launch hook would wait no longer.
 */
export async function planInTime(planning: Planning): Promise<Planned> {
  const { surroundings, springs, recorder, redactor, tell } = planning;
  await springs.lookAhead();
  const { configIn, hookNamedHere, identify, planNode } = await import('./river.ts');
  const baked = await surroundings.baked();
  recorder.image = baked.record;
  const config = configIn(baked);
  recorder.orders = recordOrders(undefined, config.recorder);
  recorder.named = config;
  const seconds = config.deadline ?? defaultDeadline;
  const { clock } = surroundings;
  const hookOver = new AbortController();
  const over = AbortSignal.any([planning.signal, hookOver.signal]);
  let keeping: (() => Promise<void>) | undefined;
  const work = async (signal: AbortSignal) => {
    const identity = await identify(surroundings, baked, springs, config, tell, signal);
    recorder.identity = identity;
    springs.startedAt(identity.launch?.pendingTime);
    const name = hookNamedHere(baked, config, identity);
    const deadline = planning.startedAt + seconds * 1000;
    keeping = keepHook(planning, identity, name, deadline, (error) => hookOver.abort(error));
    const planned = await planNode(baked, springs, config, identity, tell, signal);
    recorder.identity = planned.identity;
    recorder.plan = planned.plan;
    recorder.orders = planned.plan.record;
    redactor.spare(JSON.stringify(planned.plan));
    return planned;
  };
  try {
    return await inTime({ clock, seconds, events: recorder.events, signal: over }, work);
  } catch (error) {
    if (!hookOver.signal.aborted || error !== hookOver.signal.reason) throw error;
    throw new UnavailableError(
      `No plan yet: ${lastTrouble(recorder.events)}\n${messageOf(error)}`,
      { cause: error },
    );
  } finally {
    await keeping?.();
  }
}

/** Undefined outside a group. */
function keepHook(
  { surroundings, springs, tell, startedAt }: Planning,
  { facts, launch }: Identity,
  name: string | undefined,
  deadline: number,
  outOfTime: (error: Error) => void,
): (() => Promise<void>) | undefined {
  const { clock, host } = surroundings;
  if (facts.group_name === '') return undefined;
  const hook = launchHook({
    group: facts.group_name,
    instanceId: facts.instance_id,
    autoScaling: springs.aws(facts.region).autoScaling,
    clock,
    tell,
    // Planning has an end of its own.
    pulse: clock.monotonic,
    ...(name !== undefined && { hook: name }),
  });
  const wait = async () => {
    const { lastRunOn } = await import('../engine/journal.ts');
    const previous = (await lastRunOn(host.files).catch(() => undefined))?.key;
    return { since: waitingSince(launch, previous, startedAt, clock), deadline, outOfTime };
  };
  return keepWhilePlanning({ hook, wait, clock, tell });
}
