/** The simulated AWS account as it stands when an instance starts: what a scenario describes. */

export interface AwsWorld {
  readonly region: string;
  readonly accountId: string;
  /** Bucket -> key -> object, or its versions, oldest first. */
  readonly buckets: Readonly<Record<string, Readonly<Record<string, ObjectVersions>>>>;
  /** Buckets that live in another region than the world's: asking for them here answers 301. */
  readonly bucketRegions?: Readonly<Record<string, string>>;
  /** By name. */
  readonly secrets: Readonly<Record<string, SimulatedSecret>>;
  /** By name. */
  readonly groups: Readonly<Record<string, SimulatedGroup>>;
  /** EC2 instances by id: what is known of them beyond their group and their tags. Members of groups need not be here. */
  readonly instances?: Readonly<Record<string, SimulatedEc2Instance>>;
  /** Tags by instance id, as EC2 DescribeTags gives them. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** DescribeTags gives this many empty pages, each with a NextToken, before the first tags. */
  readonly emptyTagPages?: number;
  /** Tags are not visible to DescribeTags until so long after the start (eventual consistency). */
  readonly tagsVisibleAfterMs?: number;
  /** By name. */
  readonly targetGroups?: Readonly<Record<string, SimulatedTargetGroup>>;
  /** Classic load balancers by name. */
  readonly loadBalancers?: Readonly<Record<string, SimulatedLoadBalancer>>;
  /** By id: images that are there from the start. */
  readonly images?: Readonly<Record<string, SimulatedImage>>;
  /** The default VPC; as EC2 makes one when absent. */
  readonly network?: {
    readonly cidr: string;
    readonly subnets: readonly {
      readonly id: string;
      readonly cidr: string;
      readonly zone: string;
    }[];
  };
  /** Names of the instance profiles that there are; none when absent. */
  readonly instanceProfiles?: readonly string[];
  /** What IAM does not allow: `s3:GetObject`, `s3:GetObject:bucket/key*`, `secretsmanager:*`; spelled as faults are. */
  readonly denied?: readonly string[];
}

export type ObjectVersions = SimulatedObject | readonly SimulatedObject[];

export type SimulatedObject = ({ readonly bytes: Buffer } | { readonly file: string }) & {
  /** Absent: the bucket has no versioning. */
  readonly versionId?: string;
  readonly contentType?: string;
  /** Milliseconds since the epoch; the simulator's start when absent. */
  readonly lastModified?: number;
  /** Worked out when it is first asked for where absent; a large object then keeps its first reader waiting, as S3 does not. */
  readonly digests?: Digests;
};

export interface Digests {
  /** With its quotes, as the ETag header has it. MD5, as for an object put in one part (S3 API reference, Object). */
  readonly etag: string;
  /** Base64, as x-amz-checksum-sha256 has it. */
  readonly sha256: string;
}

export interface SimulatedSecret {
  /** Text is a SecretString, bytes a SecretBinary. */
  readonly value: string | Buffer;
  /** With the six random characters that Secrets Manager appends; made from the name when absent. */
  readonly arn?: string;
  readonly versionId?: string;
  /** Further versions by staging label: AWSPREVIOUS, AWSPENDING, your own. */
  readonly stages?: Readonly<
    Record<string, { readonly value: string | Buffer; readonly versionId?: string }>
  >;
  /** Marked for deletion: reads answer InvalidRequestException. */
  readonly deleted?: boolean;
}

export interface SimulatedGroup {
  /** Instance id -> how it starts. */
  readonly instances: Readonly<Record<string, SimulatedMember>>;
  /** By name. */
  readonly hooks?: Readonly<Record<string, SimulatedHook>>;
  /** Names in `targetGroups`. */
  readonly targetGroups?: readonly string[];
}

export interface SimulatedEc2Instance {
  /** `running` when absent. */
  readonly state?: InstanceState;
  readonly instanceType?: string;
  readonly architecture?: string;
  readonly imageId?: string;
  readonly zone?: string;
  readonly privateIpv4?: string;
  /** The same for all when absent. */
  readonly vpcId?: string;
  readonly subnetId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** How long the API does not show it yet (eventual consistency), milliseconds; 0 when absent. */
  readonly visibleAfterMs?: number;
}

/** EC2 API reference, InstanceState. */
export type InstanceState =
  | 'pending'
  | 'running'
  | 'shutting-down'
  | 'terminated'
  | 'stopping'
  | 'stopped';

/** Auto Scaling user guide, "Create a warm pool": the pool's instance state. */
export type PoolState = 'Stopped' | 'Running' | 'Hibernated';

export interface SimulatedMember {
  readonly zone?: string;
  readonly instanceType?: string;
  /** Absent: launching. Given: the instance is past its launch and no action is open (`InService`, ...). */
  readonly lifecycleState?: string;
  /** Absent: launched into service. Given: into the warm pool, to lie there in this state. */
  readonly pool?: PoolState;
  /** How long a launching instance is still `Pending` before its hooks open, milliseconds; 0 when absent. */
  readonly waitsAfterMs?: number;
}

export interface SimulatedHook {
  readonly transition: 'launching' | 'terminating';
  /** 30 to 7200; 3600 when absent (Auto Scaling API reference, PutLifecycleHook). */
  readonly heartbeatTimeoutSeconds?: number;
  /** ABANDON when absent (same place). */
  readonly defaultResult?: 'CONTINUE' | 'ABANDON';
  /** So long the group has not got it yet, milliseconds; 0 when absent. */
  readonly createdAfterMs?: number;
  /** Then it is deleted; never when absent. */
  readonly deletedAfterMs?: number;
}

export interface SimulatedImage {
  readonly name: string;
  readonly ownerId: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly description?: string;
  /** ISO 8601; of several, the newest is the one that `most_recent` means. */
  readonly createdAt?: string;
  /** `/dev/xvda` when absent. */
  readonly rootDevice?: string;
  /** 8 when absent. */
  readonly sizeGib?: number;
  /** Its instances answer no metadata request without a token. */
  readonly imdsSupport?: 'v2.0';
}

export interface SimulatedTargetGroup {
  readonly port?: number;
  /** What its targets are known by; `instance` when absent. */
  readonly type?: 'instance' | 'ip' | 'lambda';
  /** One health check of one target; must not throw. */
  readonly check: (target: {
    readonly id: string;
    readonly port: number;
  }) => Promise<HealthCheckResult>;
  /** Defaults of Elastic Load Balancing (ALB user guide, target-group-health-checks): 30, 5 and 2. */
  readonly intervalSeconds?: number;
  readonly healthyThreshold?: number;
  readonly unhealthyThreshold?: number;
  readonly healthCheckPath?: string;
  /** 300 when absent. */
  readonly deregistrationDelaySeconds?: number;
  /** False: no listener forwards to it, so its targets are `unused`. True when absent. */
  readonly inUse?: boolean;
}

/** A classic load balancer, as far as the agent has to do with it. */
export interface SimulatedLoadBalancer {
  /** Port of the health check; of instances, there is no other. */
  readonly port: number;
  /** Absent: it only connects. */
  readonly path?: string;
  /** One health check of one instance; must not throw. */
  readonly check: (instanceId: string) => Promise<{ readonly healthy: boolean }>;
  /** Defaults of Classic Load Balancers (user guide, "Configure health checks"): 30, 10 and 2. */
  readonly intervalSeconds?: number;
  readonly healthyThreshold?: number;
  readonly unhealthyThreshold?: number;
  /** How long requests in flight take to end once it is deregistered; 0 when absent: no connection draining. */
  readonly drainSeconds?: number;
}

export type HealthCheckResult =
  | { readonly healthy: true }
  | {
      readonly healthy: false;
      readonly reason:
        | 'Target.ResponseCodeMismatch'
        | 'Target.Timeout'
        | 'Target.FailedHealthChecks';
      readonly description: string;
    };
