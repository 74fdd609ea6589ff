/** Drain steps: what a drain consists of, beside files and commands. Plain JSON told apart by `kind`. */
import type { CommandStep, FileStep } from '../step.ts';

export type DrainStep =
  | CommandStep
  | FileStep
  | DeregisterStep
  | ReleasedStep
  | QuietStep
  | StopStep
  | LogsStep;

export type DrainStepKind = DrainStep['kind'];

interface StepBase {
  readonly id: string;
  readonly needs: readonly string[];
  readonly restartOn?: readonly string[];
  /** Path in the merged role, for messages. */
  readonly from: string;
}

/** Where this node is a target. */
export interface Targets {
  /** Names or ARNs; absent: those of the Auto Scaling group. */
  readonly targetGroups?: readonly string[];
  /** Names of classic load balancers. */
  readonly loadBalancers: readonly string[];
  readonly group: string;
  readonly instanceId: string;
  /** The address that a target group of type ip knows the node by. */
  readonly address: string;
}

/** Takes the node out of its target groups; done when none sends it new requests. */
export interface DeregisterStep extends StepBase, Targets {
  readonly kind: 'deregister';
  /** The id of the drain: what it leaves is noted under that. */
  readonly drain: string;
}

/** Waits until no target group knows the node any more. */
export interface ReleasedStep extends StepBase, Targets {
  readonly kind: 'released';
}

/** Waits until nobody is connected to these ports from outside. */
export interface QuietStep extends StepBase {
  readonly kind: 'quiet';
  readonly ports: readonly number[];
}

export interface StopStep extends StepBase {
  readonly kind: 'stop';
  readonly unit: string;
}

/** Puts the journal of the units in this boot, the last flight record and the record of the drain below a prefix in S3. */
export interface LogsStep extends StepBase {
  readonly kind: 'logs';
  readonly bucket: string;
  /** Ends with a slash. */
  readonly prefix: string;
  readonly units: readonly string[];
}
