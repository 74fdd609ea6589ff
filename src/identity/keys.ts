/** Metadata keys: the ones that are read, and what it means when one is absent. */

export const keys = {
  document: 'dynamic/instance-identity/document',
  userData: 'user-data',
  tags: 'meta-data/tags/instance',
  tag: (name: string) => `meta-data/tags/instance/${name}`,
  credentials: 'meta-data/iam/security-credentials/',
  credentialsOf: (role: string) => `meta-data/iam/security-credentials/${role}`,
  targetLifecycleState: 'meta-data/autoscaling/target-lifecycle-state',
  spotNotice: 'meta-data/spot/instance-action',
  rebalance: 'meta-data/events/recommendations/rebalance',
  maintenance: 'meta-data/events/maintenance/scheduled',
  localHostname: 'meta-data/local-hostname',
  publicIpv4: 'meta-data/public-ipv4',
  ipv6: 'meta-data/ipv6',
  lifeCycle: 'meta-data/instance-life-cycle',
} as const;

export interface Absence {
  /**
   * What a 404 means. `never`: there is none, and this boot will see none. `not yet`: it must come, so it is asked for
   * again. `until`: there is none so far; the next read asks again.
   */
  readonly means: 'never' | 'not yet' | 'until';
  /** `not yet` only: after so many milliseconds it counts as absent; without it, the read goes on to its deadline. */
  readonly patienceMs?: number;
  /** A second read is answered from memory. */
  readonly remembered: boolean;
}

/** What the absence of a key means; `never` for a key that is not in the table. */
export function absenceOf(key: string): Absence {
  return table.find(([start]) => key.startsWith(start))?.[1] ?? never;
}

const never: Absence = { means: 'never', remembered: true };
const until: Absence = { means: 'until', remembered: false };

// The sources are in the EC2 and Auto Scaling user guides, at the pages named.
const table: readonly (readonly [string, Absence])[] = [
  // Every instance has one. Missing right after the start, it has been seen to come a moment later.
  [keys.document, { means: 'not yet', remembered: true }],
  // "Access instance metadata": 404 where the launch named none.
  [keys.userData, never],
  // "Work with instance tags in metadata": 404 on the list: InstanceMetadataTags is off; on a key: no such tag.
  [keys.tags, never],
  // Credentials of a profile just attached take a moment, and a profile can be attached late. They expire: never remembered.
  [keys.credentials, { means: 'not yet', patienceMs: 10_000, remembered: false }],
  // "Retrieve the target lifecycle state": 404 outside a group and before the first transition.
  [keys.targetLifecycleState, until],
  // "Spot Instance interruption notices" and "rebalance recommendations": 404 until there is one.
  ['meta-data/spot/', until],
  ['meta-data/events/', until],
];
