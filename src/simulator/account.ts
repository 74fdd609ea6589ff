/** The simulated account of a scenario: its AWS, which knows the nodes that were started in it. */
import type { Clock } from '../clock.ts';
import { checkedBalancers } from './checked-balancers.ts';
import type { LedgerEntry } from './ledger.ts';
import { documentKey, identityDocument } from './metadata/instance.ts';
import type { SimulatedNode } from './node.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { Limits } from './services/limits.ts';
import { type AwsServices, startAwsServices } from './services/services.ts';
import type { AwsWorld } from './services/world.ts';
import type { Pace } from './time/pace.ts';

export interface AccountOptions {
  readonly scenario: Scenario;
  /** The scenario's, with all nodes in it. */
  readonly world: AwsWorld;
  readonly nodes: readonly SimulatedNode[];
  readonly clock: Clock;
  readonly pace?: Pace | undefined;
  readonly limits?: Limits;
  readonly answered?: (call: LedgerEntry) => void;
}

export function startAccount(options: AccountOptions): Promise<AwsServices> {
  const { scenario, world, clock, pace, limits, answered } = options;
  const nodes = new Map(options.nodes.map((node) => [node.instance.instance_id, node]));
  const sessions = new Map(
    options.nodes.map(({ metadata: { credentials } }) => [
      credentials.accessKeyId,
      credentials.sessionToken,
    ]),
  );
  return startAwsServices({
    world: { ...world, ...checkedBalancers(scenario, options.nodes) },
    clock,
    faults: scenario.faults,
    accepts: (accessKeyId, sessionToken) => sessions.get(accessKeyId) === sessionToken,
    heads: (instanceId, targetState) =>
      nodes
        .get(instanceId)
        ?.metadata.set('meta-data/autoscaling/target-lifecycle-state', targetState),
    power: (instanceId, how) => {
      const node = nodes.get(instanceId);
      if (node !== undefined && how === 'start')
        node.metadata.set(documentKey, identityDocument(node.instance, clock.now()));
    },
    ...(pace && { pace }),
    ...(limits && { limits }),
    ...(answered && { answered }),
  });
}
