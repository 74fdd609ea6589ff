/** Scenario: a simulated instance, its AWS and what goes wrong, as a folder that a stranger can read. */
import type { Fault } from '../fault.ts';
import type { MachineDescription } from '../machine/description.ts';
import type { SimulatedInstance } from '../metadata/instance.ts';
import type { Moment } from '../occurrence.ts';
import type { Figures } from '../services/limits.ts';
import type { AwsWorld, SimulatedLoadBalancer } from '../services/world.ts';

export interface Scenario {
  readonly name: string;
  /** The folder it was read from, absolute. */
  readonly folder: string;
  readonly description: string;
  readonly expect: Expectation;
  /** How many times as fast as real time its clock runs. */
  readonly speed: number;
  /** Nodes of its group that boot, and leave something in S3, before its own. */
  readonly earlierNodes: number;
  readonly instance: SimulatedInstance;
  /** Seconds until the metadata service listens. */
  readonly metadataAfterSeconds: number;
  readonly userData?: Buffer;
  readonly machine: MachineDescription;
  readonly aws: AwsWorld;
  /** Target groups by name, and the health check of each. */
  readonly targetGroups: Readonly<Record<string, DescribedTargetGroup>>;
  /** Classic load balancers by name, and the health check of each. */
  readonly loadBalancers: Readonly<Record<string, Omit<SimulatedLoadBalancer, 'check'>>>;
  /** What comes over the node after its boot. */
  readonly timeline: readonly Moment[];
  readonly faults: readonly Fault[];
  /** API limits of its account that are other than AWS's usual ones, by the name of the bucket. */
  readonly limits: Readonly<Record<string, Figures>>;
  /** How long a call takes by the event clock, milliseconds: anywhere between the two. */
  readonly answersMs?: readonly [least: number, most: number];
  /** How long a group takes to launch a fleet of it; 0: all at once. */
  readonly launchesOverSeconds: number;
  /** Text of the agent.yaml baked into its image, where there is one. */
  readonly agentConfig?: string;
  /** Folder of its own roles; absent: the roles that ship with the agent. */
  readonly rolesFolder?: string;
}

export interface DescribedTargetGroup {
  /** What its targets are known by; `instance` when absent. */
  readonly type?: 'instance' | 'ip' | 'lambda';
  readonly port: number;
  readonly path: string;
  readonly deregistrationDelaySeconds?: number;
  readonly intervalSeconds?: number;
}

/** How a rehearsal of it ends. */
export interface Expectation {
  readonly verdict: 'CONTINUE' | 'ABANDON';
  /** What Auto Scaling was told; `none` outside a group or when the group is never known. */
  readonly signal: 'CONTINUE' | 'ABANDON' | 'none';
  readonly exit: number;
  /** Words that the reason contains. */
  readonly because?: string | undefined;
}
