/** In time: work that waits for AWS or the metadata service, ended by a deadline that names what was tried last. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { UnavailableError } from '../errors.ts';
import type { Event } from '../events.ts';

/** Longest time for which a bake or a dry run, before which somebody sits, tries to come to a plan, seconds. */
export const planningSeconds = 240;

export interface Limits {
  readonly clock: Clock;
  readonly seconds: number;
  /** What happened so far. */
  readonly events: readonly Event[];
  /** Aborted when the agent must stop. */
  readonly signal: AbortSignal;
}

/** Gives what the work gives, and throws what it throws; UnavailableError at the deadline, since there is no plan. */
export async function inTime<T>(
  { clock, seconds, events, signal: stopped }: Limits,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new UnavailableError('late');
  const { signal, release } = deadlineSignal(clock, seconds * 1000, late, stopped);
  try {
    return await work(signal);
  } catch (error) {
    if (error !== late) throw error;
    const trouble = lastTrouble(events);
    throw new UnavailableError(
      `No plan after ${seconds} s of trying: ${trouble}\n${nextThing(trouble)}`,
    );
  } finally {
    release();
  }
}

/** A service that answers is reached. */
function nextThing(trouble: string): string {
  if (trouble.includes('the clock of this machine'))
    return 'Correct the clock (chronyc makestep), and look why it is off (chronyc sources)';
  return /\(\d{3} \w+/.test(trouble)
    ? 'It is reached, and refuses: look at the status of that service and at the limits of the account'
    : "Check the status of that service, and this subnet's way to it (VPC endpoint, NAT, security group)";
}

/** True for something that was tried in vain, and will be tried again. */
export function isTrouble(
  event: Event,
): event is Extract<Event, { type: 'aws-retrying' | 'metadata-retrying' }> {
  return event.type === 'aws-retrying' || event.type === 'metadata-retrying';
}

/** What was tried in vain last: the reason where nothing but time ended the work. */
export function lastTrouble(events: readonly Event[]): string {
  return events.findLast(isTrouble)?.because ?? 'nothing answered';
}
