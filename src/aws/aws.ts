/** The AWS port: what the agent asks of AWS, in the agent's words. Every call is one attempt; who retries is said at each. */

export interface Aws {
  readonly objects: ObjectStore & ObjectWriter;
  readonly secrets: SecretStore;
  readonly autoScaling: AutoScaling;
  readonly loadBalancing: LoadBalancing;
  readonly classicBalancing: ClassicBalancing;
  readonly tags: InstanceTags;
  readonly instances: InstanceDirectory;
}

/*
 * Errors, everywhere on this port: UnavailableError for throttling, 5xx, network faults, and credentials that are not
 * there yet (trying again may help); ConfigError for denied access, a missing bucket or key, a wrong region (the message
 * names the permission or the place to change). Aborts surface as the signal's reason.
 */

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

export interface ObjectStore {
  /** Opens an object for streaming, bytes `from` to `to`, pinned by `ifMatch` where given. No retries inside: the caller resumes. */
  open(address: ObjectAddress, options?: OpenOptions): Promise<ObjectStream>;
  /** Reads a small object whole. Retries inside, until `signal`. Throws ConfigError when larger than `limit` bytes. */
  read(
    address: ObjectAddress,
    options: { limit: number; signal?: AbortSignal },
  ): Promise<{ bytes: Buffer; versionId?: string; etag: string }>;
}

export interface ObjectWriter {
  /** As `read`, but undefined where there is no such key. Who may not list the bucket is told 403 then, not 404: ConfigError. */
  find(
    address: ObjectAddress,
    options: { limit: number; signal?: AbortSignal },
  ): Promise<{ bytes: Buffer; etag: string } | undefined>;
  /**
   * Writes a small object whole, checked by its sha256. Retries inside, until `signal`, also where another write of the same key
   * is under way (409 ConditionalRequestConflict). Throws ObjectChangedError where `over` does not hold.
   */
  write(
    address: ObjectAddress,
    bytes: Buffer,
    options?: WriteOptions,
  ): Promise<{ readonly etag: string }>;
}

export interface WriteOptions {
  /** What may be there: `nothing`, or the object of this ETag; anything when absent. */
  readonly over?: 'nothing' | { readonly etag: string };
  /** Media type; that of bytes when absent. */
  readonly type?: string;
  /** KMS key to encrypt with; absent: as the bucket says. */
  readonly kmsKey?: string;
  readonly signal?: AbortSignal;
}

export interface OpenOptions {
  readonly from?: number;
  /** Byte behind the last that is wanted; the object's end where absent or behind that. */
  readonly to?: number;
  /** ETag the object must still have; else ObjectChangedError. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

export interface ObjectStream {
  readonly etag: string;
  readonly versionId?: string;
  /** Size of the whole object in bytes, not of the range. */
  readonly size: number;
  /** Byte of the object behind the last one of the body. */
  readonly end: number;
  /**
   * Each piece is valid until the next is asked for. Ends early with UnavailableError when the connection breaks before all announced
   * bytes came.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The object is not the one that was wanted there, by its ETag (HTTP 412): replaced while it was read, or written by another. */
export class ObjectChangedError extends Error {
  override name = 'ObjectChangedError';
}

export interface SecretStore {
  /**
   * Reads secrets by name or ARN; the answer is keyed by `secretKey`, and also by plain `from` unless the same secret was
   * asked for without a stage as well. One call for each key; a few retries inside, for a second or two.
   */
  read(wanted: readonly SecretAddress[], signal?: AbortSignal): Promise<Map<string, SecretValue>>;
}

export interface SecretAddress {
  /** Name or ARN. */
  readonly from: string;
  /** Staging label; AWSCURRENT when absent. */
  readonly versionStage?: string;
}

/** The key of a secret in the answer: `from`, or `from#stage` where a stage was asked for. */
export function secretKey({ from, versionStage }: SecretAddress): string {
  return versionStage === undefined ? from : `${from}#${versionStage}`;
}

export interface SecretValue {
  readonly bytes: Buffer;
  readonly binary: boolean;
  readonly versionId: string;
  readonly arn: string;
}

export interface AutoScaling {
  /** Hooks of a group, all transitions. Retries inside, until `signal`. */
  describeHooks(group: string, signal?: AbortSignal): Promise<LifecycleHook[]>;
  /** What Auto Scaling knows of an instance; undefined when it is in no group. Retries inside, until `signal`. */
  describeInstance(
    instanceId: string,
    signal?: AbortSignal,
  ): Promise<{ group: string; lifecycleState: string } | undefined>;
  /** ARNs of the target groups that the group registers its instances with. Retries inside, until `signal`. */
  targetGroups(group: string, signal?: AbortSignal): Promise<string[]>;
  /** One attempt. `not-active`: ValidationError "No active Lifecycle Action found". */
  complete(
    action: LifecycleAction,
    result: 'CONTINUE' | 'ABANDON',
    signal?: AbortSignal,
  ): Promise<'completed' | 'not-active'>;
  /** One attempt. */
  heartbeat(action: LifecycleAction, signal?: AbortSignal): Promise<'recorded' | 'not-active'>;
}

export interface LifecycleHook {
  readonly name: string;
  readonly transition: 'launching' | 'terminating';
  readonly heartbeatTimeoutSeconds: number;
  readonly globalTimeoutSeconds: number;
  readonly defaultResult: 'CONTINUE' | 'ABANDON';
}

export interface LifecycleAction {
  readonly group: string;
  readonly hook: string;
  readonly instanceId: string;
}

/** Target groups. Retries inside, until `signal`; `targetGroup` is a name or an ARN everywhere. */
export interface LoadBalancing {
  /** All targets of a target group, those that are draining included. */
  targets(targetGroup: string, signal?: AbortSignal): Promise<Target[]>;
  /** Throws ConfigError where there is no such group. */
  describe(targetGroup: string, signal?: AbortSignal): Promise<TargetGroup>;
  /** Starts the deregistration; the target drains for the deregistration delay of its group. */
  deregister(
    targetGroup: string,
    targets: readonly Pick<Target, 'id' | 'port'>[],
    signal?: AbortSignal,
  ): Promise<void>;
  register(
    targetGroup: string,
    targets: readonly Pick<Target, 'id' | 'port'>[],
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface TargetGroup {
  readonly name: string;
  /** `instance`, `ip`; `lambda` and `alb` take no nodes. */
  readonly targetType: string;
  /** Of targets of type ip: `ipv4`, `ipv6`. */
  readonly addressType: string;
  /** What it asks of its targets. */
  readonly check: HealthCheck;
}

/** Classic load balancers, by name. Retries inside, until `signal`. */
export interface ClassicBalancing {
  /** How the load balancer sees an instance, registered or not. */
  standing(
    loadBalancer: string,
    instanceId: string,
    signal?: AbortSignal,
  ): Promise<ClassicStanding>;
  /** What it asks of its instances. Throws ConfigError where there is no such load balancer. */
  healthCheck(loadBalancer: string, signal?: AbortSignal): Promise<HealthCheck>;
  register(loadBalancer: string, instanceId: string, signal?: AbortSignal): Promise<void>;
  /** Starts the deregistration; with connection draining, requests in flight are finished. */
  deregister(loadBalancer: string, instanceId: string, signal?: AbortSignal): Promise<void>;
}

export interface ClassicStanding {
  /** As ELB spells it: `InService`, `OutOfService`, `Unknown`; others may come. */
  readonly state: string;
  /** Whose the cause is: `ELB`, `Instance`, `N/A`. */
  readonly code: string;
  /** A sentence of ELB's (API reference, InstanceState), from which alone one reason is told from another. */
  readonly description: string;
  /** By that sentence: whether it is registered there, on its way out, or not (any more). */
  readonly membership: 'registered' | 'leaving' | 'none';
}

export interface HealthCheck {
  /** `HTTP`, `HTTPS`, `TCP`, ... */
  readonly protocol: string;
  /** Absent: the port of the target. */
  readonly port?: number;
  /** Absent where it is only connected to. */
  readonly path?: string;
  /** `200`, `200-299`: what it takes for healthy. */
  readonly codes?: string;
  readonly timeoutSeconds: number;
  readonly intervalSeconds: number;
}

export interface Target {
  /** An instance id, or the address of a target of type ip. */
  readonly id: string;
  readonly port?: number;
  /** As ELB spells it: `healthy`, `unhealthy`, `initial`, `draining`, `unused`, ...; others may come. */
  readonly state: string;
  readonly reason?: string;
}

export interface InstanceTags {
  /** EC2 DescribeTags of one instance. Retries inside; an empty answer right after launch is asked again for some seconds. */
  describe(instanceId: string, signal?: AbortSignal): Promise<Record<string, string>>;
}

export interface InstanceDirectory {
  /**
   * EC2 DescribeInstances: all that are pending or running and have exactly these tags. Retries inside, until `signal`, also
   * while the instance `including`, which has the tags, is not in the answer (eventual consistency); after a minute of
   * that: ConfigError.
   */
  withTags(
    tags: Readonly<Record<string, string>>,
    including: string,
    signal?: AbortSignal,
  ): Promise<readonly ListedInstance[]>;
}

export interface ListedInstance {
  readonly instanceId: string;
  /** Absent while there is none yet. */
  readonly privateIpv4?: string;
  readonly zone: string;
  readonly vpcId?: string;
}
