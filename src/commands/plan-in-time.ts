/** Metadata -> Plan, within a time that leaves the launch hook alive: the first half of a boot. */
import type { Tell } from '../events.ts';
import { recordOrders } from '../plan/record-orders.ts';
import type { Redactor } from '../redaction.ts';
import { inTime, planningSeconds } from './in-time.ts';
import type { Recorder } from './recorder.ts';
import type { Planned } from './river.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

export interface Planning {
  readonly surroundings: Surroundings;
  readonly springs: Springs;
  /** Told of identity and plan as soon as they are known. */
  readonly recorder: Recorder;
  readonly redactor: Redactor;
  readonly tell: Tell;
  /** Aborted when the agent must stop. */
  readonly signal: AbortSignal;
}

/** Throws what the river throws, and UnavailableError at the deadline, with what was tried last. */
export async function planInTime(planning: Planning): Promise<Planned> {
  const { surroundings, springs, recorder, redactor, tell } = planning;
  await springs.lookAhead();
  const { configIn, identify, planNode } = await import('./river.ts');
  const baked = await surroundings.baked();
  recorder.image = baked.record;
  const config = configIn(baked);
  recorder.orders = recordOrders(undefined, config.recorder);
  const seconds = Math.min(planningSeconds, config.deadline ?? planningSeconds);
  const { clock } = surroundings;
  const { signal: stopped } = planning;
  return inTime({ clock, seconds, events: recorder.events, signal: stopped }, async (signal) => {
    const identity = await identify(surroundings, baked, springs, config, tell, signal);
    recorder.identity = identity;
    springs.startedAt(identity.launch?.pendingTime);
    const planned = await planNode(baked, springs, config, identity, tell, signal);
    recorder.identity = planned.identity;
    recorder.plan = planned.plan;
    recorder.orders = planned.plan.record;
    redactor.spare(JSON.stringify(planned.plan));
    return planned;
  });
}
