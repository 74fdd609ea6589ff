/** Occurrence: something that comes over a node after its boot: a notice, or its group taking it out of service. */
import type { Clock } from '../clock.ts';
import type { MetadataService } from './metadata/metadata-service.ts';
import type { Departure } from './services/launch.ts';
import type { AwsServices } from './services/services.ts';

export const occurrences = [
  'terminate',
  'warm-pool',
  'standby',
  'detach',
  'return',
  'scale-out',
  'replace-root-volume',
  'spot',
  'rebalance',
  'maintenance',
  'withdraw',
] as const;

export interface Occurrence {
  readonly what: (typeof occurrences)[number];
  /** Seconds of notice: 120 for `spot` (EC2 user guide, "Spot Instance interruption notices"), a day for `maintenance`. */
  readonly notice?: number;
}

export interface Moment extends Occurrence {
  /** Seconds after the start, by the simulator's clock. */
  readonly at: number;
}

export interface Stage {
  readonly metadata: Pick<MetadataService, 'set'>;
  readonly aws: Pick<AwsServices, 'leave' | 'comeBack' | 'serve' | 'replaceRoot'>;
  readonly clock: Clock;
  readonly instanceId: string;
}

const keys = {
  spot: 'meta-data/spot/instance-action',
  rebalance: 'meta-data/events/recommendations/rebalance',
  maintenance: 'meta-data/events/maintenance/scheduled',
} as const;

/** Lets it happen now. */
export function occur({ what, notice }: Occurrence, stage: Stage): void {
  const { metadata, aws, clock, instanceId } = stage;
  const iso = (seconds: number) =>
    new Date(clock.now() + seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
  switch (what) {
    case 'spot':
      metadata.set(keys.spot, JSON.stringify({ action: 'terminate', time: iso(notice ?? 120) }));
      return;
    case 'rebalance':
      metadata.set(keys.rebalance, JSON.stringify({ noticeTime: iso(0) }));
      return;
    case 'maintenance':
      metadata.set(keys.maintenance, JSON.stringify([scheduled(iso(notice ?? 86_400))]));
      return;
    case 'withdraw':
      for (const key of Object.values(keys)) metadata.set(key, undefined);
      return;
    case 'return':
      aws.comeBack(instanceId);
      return;
    case 'replace-root-volume':
      aws.replaceRoot(instanceId);
      return;
    case 'scale-out':
      aws.serve(instanceId);
      return;
    default:
      aws.leave(instanceId, what satisfies Departure);
  }
}

/** Lets each happen at its time, until aborted. */
export function play(timeline: readonly Moment[], stage: Stage, signal: AbortSignal): void {
  for (const moment of timeline)
    stage.clock.sleep(moment.at * 1000, signal).then(
      () => occur(moment, stage),
      () => undefined,
    );
}

function scheduled(notBefore: string): object {
  return {
    NotBefore: notBefore,
    Code: 'instance-stop',
    Description: 'The instance is running on degraded hardware',
    EventId: 'instance-event-0a1b2c3d4e5f60718',
    State: 'active',
  };
}
