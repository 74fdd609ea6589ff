/** Picks events of one type out of all that happened in a boot. */
import type { Event } from '../events.ts';

export type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export function is<T extends Event['type']>(type: T): (event: Event) => event is Of<T> {
  return (event): event is Of<T> => event.type === type;
}

export function all<T extends Event['type']>(events: readonly Event[], type: T): Of<T>[] {
  return events.filter(is(type));
}

export function first<T extends Event['type']>(
  events: readonly Event[],
  type: T,
): Of<T> | undefined {
  return events.find(is(type));
}
