/** Plan: what an instance is to become, as a value that can always be printed. */
import type { Peer } from '../peers/peer.ts';
import type { Step } from '../resources/step.ts';
import type { DrainOrders } from './drain-orders.ts';
import type { RecordOrders } from './record-orders.ts';
import type { Registration } from './registration.ts';

/** Longest boot where neither the role nor `agent.yaml` names one: a quarter of the default timeout of a hook. Seconds. */
export const defaultDeadline = 900;

export interface Plan {
  readonly class: string;
  readonly instanceId: string;
  /** Steps in an order in which each comes after what it needs. */
  readonly steps: readonly Step[];
  /** Ids of those steps that wait until the group wants the instance in service; see phases.ts. */
  readonly activate: readonly string[];
  readonly probes: readonly Probe[];
  readonly signal: Signal;
  readonly release?: { readonly name: string; readonly source: string };
  /** The other nodes of the cluster, where they were looked up. They are in the steps as far as a template names them. */
  readonly peers?: readonly Peer[];
  /** The agent's deadline for the whole boot, seconds from its start. */
  readonly deadlineSeconds: number;
  /** What is done when the node must leave again. */
  readonly drain: DrainOrders;
  /** Target groups to follow after CONTINUE, as the role names them: names, ARNs, or `group` for those of the Auto Scaling group. */
  readonly targetGroups?: readonly string[];
  /** Load balancers that the node joins by itself; absent in a group. */
  readonly registration?: Registration;
  /** Where the flight record of the boot goes; absent: it stays on the machine. */
  readonly record?: RecordOrders;
  /** sha256 (hex) of all of the above that decides what the machine becomes. */
  readonly digest: string;
}

/** What will be told to Auto Scaling at the end. */
export type Signal =
  | {
      readonly kind: 'lifecycle-hook';
      readonly group: string /** Absent: found by DescribeLifecycleHooks. */;
      readonly hook?: string;
    }
  | { readonly kind: 'none'; readonly because: string };

export type Probe = HttpProbe | TcpProbe | CommandProbe;

interface ProbeBase {
  readonly id: string;
  /** Longest pause between two tries, seconds; the first tries come faster. */
  readonly intervalSeconds: number;
  /** One try, seconds. */
  readonly timeoutSeconds: number;
  /** Successes in a row that count as healthy. */
  readonly successes: number;
  /** Seconds after the last step until the node counts as failed. */
  readonly deadlineSeconds: number;
}

export interface HttpProbe extends ProbeBase {
  readonly kind: 'http';
  readonly port: number;
  readonly path: string;
  readonly host: string;
  /** Accepted status codes as a target group's matcher spells them: `200`, `200-299`, `200,204`. */
  readonly codes: string;
}

export interface TcpProbe extends ProbeBase {
  readonly kind: 'tcp';
  readonly port: number;
}

export interface CommandProbe extends ProbeBase {
  readonly kind: 'command';
  readonly argv: readonly [string, ...string[]];
}

/** One AWS call that a boot makes, as predicted or as recorded. */
export interface Call {
  readonly service: 'imds' | 's3' | 'secretsmanager' | 'autoscaling' | 'ec2' | 'elbv2' | 'elb';
  readonly operation: string;
  readonly count: number;
  /** What it is for: `release manifest`, `artifact shop`. */
  readonly purpose: string;
}
