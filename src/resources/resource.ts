/** Resource: check and apply of one kind of thing on a host. */
import type { ObjectStore, SecretStore } from '../aws/aws.ts';
import type { Host } from '../host/host.ts';
import type { Redactor } from '../redaction.ts';
import type { DrainStep } from './drain/drain-step.ts';
import type { Step } from './step.ts';

export interface Resource<S extends Step | DrainStep> {
  /**
   * Reads, and gives what differs from the desired state, or nothing. Changes nothing. Reads no secret from AWS: a secret
   * that an earlier step put under /run is used, one that is not there yet counts as a difference.
   */
  check(step: S, world: World, situation: Situation): Promise<Drift | undefined>;
  /** Makes it so. Must be safe to repeat after having been cut off anywhere. */
  apply(step: S, world: World, effort: Effort): Promise<void>;
  /** What the machine itself says of a step that is not as wanted after it was applied: several lines, redacted. */
  explain?(step: S, world: World, signal: AbortSignal): Promise<string>;
}

/** All that a resource may touch. */
export interface World {
  readonly host: Host;
  readonly objects: ObjectStore;
  readonly secrets: SecretStore;
  /** Told each secret value before it is used anywhere. */
  readonly redactor: Redactor;
  /** Whose machine it is; absent while an image is made. */
  readonly instanceId?: string;
}

/**
 * Whether one of the step's `restartOn` changed since this step last succeeded in this boot; `reload` where nothing but
 * its `reloadOn` did.
 */
export type Staleness = boolean | 'reload';

export interface Situation {
  readonly stale: Staleness;
  readonly signal?: AbortSignal;
}

export interface Effort {
  /** What `check` found. */
  readonly drift: Drift;
  readonly stale: Staleness;
  readonly signal: AbortSignal;
  /** Says that work goes on: heartbeats are sent only while this is called. */
  progress(progress: Progress): void;
  /**
   * Takes work that need not be done for the step to count, such as waiting for the disk: to be awaited before the command ends.
   * It never rejects. Where absent, `apply` waits for that work itself.
   */
  afterwards?(work: Promise<void>): void;
}

export type Progress =
  | { readonly what: 'bytes'; readonly done: number; readonly total?: number }
  | { readonly what: 'line'; readonly line: string }
  /** Somebody else's lock is in the way: from now on, and until it is told to go on. */
  | { readonly what: 'waiting'; readonly on: string }
  | { readonly what: 'resumed' };

/** What differs between the machine and the desired state. Never holds a secret's value. */
export interface Drift {
  readonly differences: readonly [Difference, ...Difference[]];
}

export interface Difference {
  /** `content`, `mode`, `owner`, `state`, `net.core.somaxconn`, `link`, ... */
  readonly aspect: string;
  /** What is there; undefined: nothing. For `content` the whole text, or a description where it may not be shown. */
  readonly found?: string;
  readonly wanted: string;
}
