/** A target group as a balancer of this node. */
import type { LoadBalancing, Target } from '../aws/aws.ts';
import { ConfigError } from '../errors.ts';
import type { AskHere, Balancer, Standing } from './balancer.ts';
import { type Circumstances, reasonInWords } from './target-reasons.ts';

export interface NodeAsTarget {
  readonly instanceId: string;
  /** Its private IPv4 address, by which a target group of type ip knows it. */
  readonly address: string;
  /** Port to register with; that of the target group when absent. */
  readonly port?: number;
}

/** `targetGroup`: name or ARN. */
export function targetGroupBalancer(
  targetGroup: string,
  node: NodeAsTarget,
  loadBalancing: LoadBalancing,
  askHere: AskHere,
): Balancer {
  const ids = [node.instanceId, node.address];
  const absent: Target = { id: node.instanceId, state: 'unused', reason: 'Target.NotRegistered' };

  const circumstances = async (standing: Standing, signal: AbortSignal): Promise<Circumstances> => {
    if (!standing.state.startsWith('unhealthy')) return {};
    try {
      const { check } = await loadBalancing.describe(targetGroup, signal);
      return { check, local: await askHere(check, check.port ?? standing.port) };
    } catch (error) {
      // Who may not describe the target group does without.
      if (signal.aborted) throw error;
      return {};
    }
  };

  return {
    kind: 'target group',
    name: targetGroup.split('/')[1] ?? targetGroup,

    async look(signal) {
      const all = await loadBalancing.targets(targetGroup, signal);
      const mine = all.filter(
        ({ id, port }) => ids.includes(id) && (node.port === undefined || port === node.port),
      );
      // Of several ports the one that is not healthy tells more.
      const target = mine.find(({ state }) => state !== 'healthy') ?? mine[0] ?? absent;
      const { state, reason, port } = target;
      return {
        state,
        ...(reason !== undefined && { reason }),
        ...(port !== undefined && { port }),
        registered: target !== absent && !state.endsWith('draining'),
      };
    },

    because: async (standing, signal) =>
      reasonInWords(standing, await circumstances(standing, signal)),

    async register(signal) {
      const { name, targetType, addressType } = await loadBalancing.describe(targetGroup, signal);
      const id = { instance: node.instanceId, ip: node.address }[targetType];
      if (id === undefined)
        throw new ConfigError(
          `The target group ${name} takes targets of type ${targetType}; a node can be a target in one of type instance or ip. Correct lifecycle.register.target_groups in the role`,
        );
      if (targetType === 'ip' && addressType === 'ipv6')
        throw new ConfigError(
          `The target group ${name} takes IPv6 addresses; a node registers its IPv4 address. Use a target group of type instance, which may be IPv6 too, and correct lifecycle.register.target_groups in the role`,
        );
      const target = { id, ...(node.port !== undefined && { port: node.port }) };
      await loadBalancing.register(targetGroup, [target], signal);
    },
  };
}
