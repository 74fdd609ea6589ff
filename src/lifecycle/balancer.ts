/** Balancer: a target group or a classic load balancer, as this node stands with it. */
import type { HealthCheck } from '../aws/aws.ts';

export interface Balancer {
  readonly kind: 'target group' | 'classic load balancer';
  readonly name: string;
  /** How it sees the node now. */
  look(signal: AbortSignal): Promise<Standing>;
  /** Why it sees it so, in words, with what the node itself answers where that explains it. */
  because(standing: Standing, signal: AbortSignal): Promise<string>;
  /** Throws ConfigError where it takes no such node, and what the port throws. */
  register(signal: AbortSignal): Promise<void>;
}

export interface Standing {
  /** `healthy`, `initial`, `unhealthy`, `draining`, `unused`, ...: in the words of target groups, for both kinds. */
  readonly state: string;
  /** As ELB spells it. */
  readonly reason?: string;
  /** False also where the node is on its way out. */
  readonly registered: boolean;
  /** Port that it knows the node by, where it has one. */
  readonly port?: number;
  /** Tells it from others of the same state and reason; a sentence of ELB's. */
  readonly description?: string;
}

/** What the node itself answers to a health check of this port, in words. */
export type AskHere = (check: HealthCheck, port: number | undefined) => Promise<string>;

/** `target group shop` */
export function balancerInWords({ kind, name }: Pick<Balancer, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}
