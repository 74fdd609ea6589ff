/** Drain resource: check and apply as of any resource, in a world that reaches the load balancer and may write to S3. */
import type {
  AutoScaling,
  ClassicBalancing,
  LoadBalancing,
  ObjectStore,
  ObjectWriter,
} from '../../aws/aws.ts';
import type { Drift, Effort, Situation, World } from '../resource.ts';
import type { DrainStep } from './drain-step.ts';

export interface DrainWorld extends World {
  readonly objects: ObjectStore & ObjectWriter;
  readonly autoScaling: Pick<AutoScaling, 'targetGroups'>;
  readonly loadBalancing: LoadBalancing;
  readonly classicBalancing: ClassicBalancing;
  /** Waits; rejects when aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface DrainResource<S extends DrainStep> {
  /** As of `Resource`; a wait is done when there is no drift. */
  check(step: S, world: DrainWorld, situation: Situation): Promise<Drift | undefined>;
  apply(step: S, world: DrainWorld, effort: Effort): Promise<void>;
}
