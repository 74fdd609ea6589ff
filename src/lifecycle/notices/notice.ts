/** Notice: why this node must leave, who says so, and until when. */

export type NoticeKind =
  /** The group takes the instance out for good: scale-in, a failed health check, an instance refresh, somebody's call. */
  | 'termination'
  /** The group takes it back into its warm pool. */
  | 'warm-pool'
  /** An instance refresh gives it another root volume, and starts it anew. */
  | 'root-volume'
  | 'standby'
  | 'detached'
  | 'spot'
  | 'rebalance'
  | 'maintenance'
  /** The operating system is being switched off. */
  | 'shutdown'
  | 'by-hand';

export interface Notice {
  readonly kind: NoticeKind;
  /** In words, without the time. */
  readonly because: string;
  /** The metadata key, or what else it came by. */
  readonly source: string;
  /** When the node will be gone, or cut off, whatever it does; milliseconds since the epoch. Absent: nobody says. */
  readonly until?: number;
}

export interface Traits {
  /** The group takes the node out of its target groups by itself, before or while it tells. */
  readonly deregisteredByGroup: boolean;
  /** The terminating hook of the group waits for the drain (Auto Scaling user guide, lifecycle-hooks). */
  readonly terminatingHook: boolean;
}

/**
 * What each kind means for a drain. A spot interruption is not delayed by a hook (Auto Scaling user guide,
 * lifecycle-hooks); standby and detaching deregister, and run no hook (same guide, enter-exit-standby and
 * detach-instance-asg).
 */
export const traits: Readonly<Record<NoticeKind, Traits>> = {
  termination: { deregisteredByGroup: true, terminatingHook: true },
  'warm-pool': { deregisteredByGroup: true, terminatingHook: true },
  'root-volume': { deregisteredByGroup: true, terminatingHook: true },
  standby: { deregisteredByGroup: true, terminatingHook: false },
  detached: { deregisteredByGroup: true, terminatingHook: false },
  spot: { deregisteredByGroup: false, terminatingHook: false },
  rebalance: { deregisteredByGroup: false, terminatingHook: false },
  maintenance: { deregisteredByGroup: false, terminatingHook: false },
  shutdown: { deregisteredByGroup: false, terminatingHook: false },
  'by-hand': { deregisteredByGroup: false, terminatingHook: false },
};
