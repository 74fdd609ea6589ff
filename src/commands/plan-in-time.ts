/** Metadata -> Plan, within a time that leaves the launch hook alive: the first half of a boot. */
import { deadlineSignal } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { recordOrders } from '../plan/record-orders.ts';
import type { Redactor } from '../redaction.ts';
import type { Recorder } from './recorder.ts';
import type { Planned } from './river.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

/** Longest time until there is a plan with a deadline of its own, seconds: within the timeout of a hook of five minutes. */
const planningSeconds = 240;

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
  const late = new UnavailableError('late');
  const { signal, release } = deadlineSignal(
    surroundings.clock,
    seconds * 1000,
    late,
    planning.signal,
  );
  try {
    const identity = await identify(surroundings, baked, springs, config, tell, signal);
    recorder.identity = identity;
    springs.startedAt(identity.launch?.pendingTime);
    const planned = await planNode(baked, springs, config, identity, tell, signal);
    recorder.identity = planned.identity;
    recorder.plan = planned.plan;
    recorder.orders = planned.plan.record;
    redactor.spare(JSON.stringify(planned.plan));
    return planned;
  } catch (error) {
    if (error !== late) throw error;
    throw new UnavailableError(
      `No plan after ${seconds} s of trying: ${recorder.lastTrouble()}\nCheck the status of that service, and this subnet's way to it (VPC endpoint, NAT, security group)`,
    );
  } finally {
    release();
  }
}
