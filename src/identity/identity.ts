/** Identity: who this instance is, as frozen facts. The noun at the head of the river. */

export interface Identity {
  readonly facts: Facts;
  readonly class: ClassChoice;
  /** Instance tags whose values were read. */
  readonly tags: Readonly<Record<string, string>>;
  /** Names of all instance tags, read or not; undefined where tags could not be listed at all. */
  readonly tagNames: readonly string[];
  /** Where the tags came from. */
  readonly tagsFrom: 'metadata' | 'ec2-api' | 'none';
  readonly userData: UserData;
  readonly launch?: Launch;
}

/** What tells one start by EC2, and one stay in the group, from another. */
export interface Launch {
  /** ISO 8601: when EC2 last started the instance. New at each start, the same over reboots. */
  readonly pendingTime?: string;
  /** `InService`, `Warmed:Stopped`, ...: where Auto Scaling is bringing the instance; absent outside a group. */
  readonly targetLifecycleState?: string;
}

/** Facts for roles and templates, under `facts.` there. Those marked lazy are read only when a role names them. */
export interface Facts {
  readonly instance_id: string;
  readonly instance_type: string;
  /** `nano`, `large`, `4xlarge`, `metal`: the part of the instance type after the dot. */
  readonly instance_size: string;
  /** `m5`, `c7g`: the part of the instance type before the dot. */
  readonly instance_family: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly vcpus: number;
  /** MiB, as the kernel reports it (MemTotal), so a little less than the type's nominal size. */
  readonly memory_mib: number;
  readonly zone: string;
  readonly region: string;
  readonly account_id: string;
  readonly image_id: string;
  readonly private_ipv4: string;
  /** Auto Scaling group, from the tag aws:autoscaling:groupName, or as it was named where no tag can be read; empty outside a group. */
  readonly group_name: string;
  /** Lazy: `meta-data/local-hostname`. */
  readonly hostname?: string;
  /** Lazy: `meta-data/public-ipv4`; empty where there is none. */
  readonly public_ipv4?: string;
  /** Lazy: `meta-data/ipv6`; empty where there is none. */
  readonly ipv6?: string;
  /** Lazy: `meta-data/instance-life-cycle`: on-demand, spot, capacity-block, ... */
  readonly purchase_option?: string;
}

/** The facts that cost a metadata request of their own and are read only when a role names them. */
export const lazyFacts = ['hostname', 'public_ipv4', 'ipv6', 'purchase_option'] as const;
export type LazyFact = (typeof lazyFacts)[number];

export type ClassSource = 'user data' | 'tag' | 'default';

export interface ClassChoice {
  readonly name: string;
  readonly source: ClassSource;
  /** What every source held, in order of precedence; `undefined` where it held nothing. */
  readonly held: readonly {
    readonly source: ClassSource;
    /** In words: `user data`, `tag Class`, the path of agent.yaml. */
    readonly where: string;
    readonly value: string | undefined;
  }[];
}

/** User data as it was found: none, somebody else's, or a document of ours. */
export type UserData =
  | { readonly kind: 'none' }
  /** Not ours: reported, not parsed, not an error. */
  | { readonly kind: 'foreign'; readonly looksLike: string; readonly bytes: number }
  | { readonly kind: 'ours'; readonly document: UserDataDocument; readonly carriedIn: string };

/** The document of `#bootstrap-agent` user data. `role` is a role fragment, merged last and checked by the role's schema. */
export interface UserDataDocument {
  readonly class?: string;
  readonly release?: string;
  /** The Auto Scaling group, for where no tag can be read. */
  readonly group?: string;
  /** Its launch hook. */
  readonly hook?: string;
  readonly role?: Readonly<Record<string, unknown>>;
  /** The YAML text, so that a fault in `role` can be shown with its line. */
  readonly text: string;
}
