/** Drain orders: what a class wants done when its node leaves, decided while it boots, so that leaving depends on no look-up. */

import type { Registration } from './registration.ts';

/** Where a boot leaves them for whoever drains the node: gone with the power, as what they are about. */
export const drainOrdersPath = '/run/bootstrap-agent/drain-orders.json';

/** Notices that a role decides about. */
export const optionalNotices = ['rebalance', 'maintenance', 'standby', 'detached'] as const;

export interface DrainOrders {
  readonly class: string;
  readonly instanceId: string;
  readonly region: string;
  /** Empty outside a group. */
  readonly group: string;
  /** The address that a target group of type ip knows the node by. */
  readonly address: string;
  readonly on: Readonly<Record<(typeof optionalNotices)[number], 'drain' | 'note'>>;
  readonly deadlineSeconds: number;
  readonly shutdownSeconds: number;
  /** Names or ARNs; absent: found by the group. */
  readonly targetGroups?: readonly string[];
  /** Where the node has registered by itself, and has to leave besides. */
  readonly registration?: Pick<Registration, 'targetGroups' | 'loadBalancers'>;
  readonly deregistrationSeconds: number;
  readonly unready?: string;
  readonly stopWork: readonly DrainCommand[];
  readonly ports: readonly number[];
  readonly connectionSeconds: number;
  /** In the order in which they are to be stopped. */
  readonly services: readonly DrainedService[];
  readonly commands: readonly DrainCommand[];
  readonly logs?: { readonly bucket: string; readonly prefix: string };
  /** Terminating hook; absent: found by the group. */
  readonly hook?: string;
}

export interface DrainCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly user?: string;
  readonly timeoutSeconds: number;
}

export interface DrainedService {
  readonly unit: string;
  /** Units that need this one: they are stopped first. */
  readonly after: readonly string[];
}
