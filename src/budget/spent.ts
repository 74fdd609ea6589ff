/** What a boot took, in the terms of a budget. Made from its flight record alone. */
import type { FlightRecord } from '../engine/flight-record.ts';
import { timelineFrom } from '../engine/timeline.ts';

export interface Spent {
  readonly seconds: number;
  readonly bytes: number;
  readonly metadataRequests: number;
  /** By `service:operation`. */
  readonly calls: ReadonlyMap<string, number>;
  readonly stages: ReadonlyMap<string, Part>;
  readonly steps: ReadonlyMap<string, Part>;
}

export interface Part {
  readonly seconds: number;
  readonly bytes: number;
}

export function spentIn(record: FlightRecord): Spent {
  const timeline = timelineFrom(record.events, record.machine);
  const received = new Map<string, number>();
  for (const event of record.events)
    if (event.type === 'aws-received') {
      const of = event.step ?? '';
      received.set(of, (received.get(of) ?? 0) + event.bytes);
    }
  const parts = (which: (part: string) => boolean) =>
    new Map(
      timeline.bars
        .filter(({ part }) => which(part))
        .map(({ name, startMs, endMs }): [string, Part] => [
          name,
          { seconds: (endMs - startMs) / 1000, bytes: received.get(name) ?? 0 },
        ]),
    );
  return {
    seconds: timeline.totalMs / 1000,
    bytes: [...received.values()].reduce((sum, bytes) => sum + bytes, 0),
    metadataRequests: record.metadataRequests,
    calls: new Map(
      record.calls.map(({ service, operation, count }) => [`${service}:${operation}`, count]),
    ),
    stages: parts((part) => part !== 'step' && part !== 'download' && part !== 'unit'),
    steps: parts((part) => part === 'step'),
  };
}
