/** A classic load balancer as a balancer of this node, and what its descriptions mean. */
import type { ClassicBalancing, ClassicStanding } from '../aws/aws.ts';
import type { AskHere, Balancer, Standing } from './balancer.ts';
import { askedInWords, type Circumstances } from './target-reasons.ts';

export function classicBalancer(
  name: string,
  instanceId: string,
  classic: ClassicBalancing,
  askHere: AskHere,
): Balancer {
  const circumstances = async (standing: Standing, signal: AbortSignal): Promise<Circumstances> => {
    if (standing.state !== 'unhealthy') return {};
    try {
      const check = await classic.healthCheck(name, signal);
      return { check, local: await askHere(check, check.port) };
    } catch (error) {
      // Who may not describe the load balancer does without.
      if (signal.aborted) throw error;
      return {};
    }
  };

  return {
    kind: 'classic load balancer',
    name,
    look: async (signal) => standingFrom(await classic.standing(name, instanceId, signal)),
    because: async (standing, signal) =>
      `${meaningOf(standing)}${askedInWords(await circumstances(standing, signal))}`,
    register: (signal) => classic.register(name, instanceId, signal),
  };
}

function standingFrom({ state, code, description, membership }: ClassicStanding): Standing {
  return {
    state: stateOf(state, description),
    // `InService (N/A)` says nothing more.
    ...(code !== 'N/A' && { reason: `${state} (${code})` }),
    registered: membership === 'registered',
    description,
  };
}

function stateOf(state: string, description: string): string {
  const known = meanings.find(([part]) => description.includes(part));
  return known?.[1] ?? (state === 'InService' ? 'healthy' : 'unhealthy');
}

function meaningOf({ state, description = '' }: Standing): string {
  const known = meanings.find(([part]) => description.includes(part));
  if (known !== undefined) return known[2];
  return state === 'healthy' ? 'its health checks succeed' : description;
}

/** Part of a description (API reference, InstanceState), the state in words of target groups, and what it means. */
const meanings: readonly (readonly [string, string, string])[] = [
  [
    'not currently registered',
    'unused',
    'the load balancer does not know this node: a node outside a group has to be registered (lifecycle.register).',
  ],
  ['deregistration currently in progress', 'draining', 'it is being taken out.'],
  ['registration is still in progress', 'initial', 'it is being registered.'],
  [
    'not configured to route traffic to',
    'unused',
    'the zone of this node is not enabled for the load balancer.',
  ],
  [
    'Disable Availability Zone',
    'unused',
    'the zone of this node is being taken out of the load balancer.',
  ],
  [
    'has not passed the configured HealthyThreshold',
    'initial',
    'it has not succeeded often enough in a row yet: a new instance needs as many good checks as one that recovers.',
  ],
  [
    'has failed at least the UnhealthyThreshold',
    'unhealthy',
    'its health checks fail: wrong answers, none in time, or a security group that does not let the load balancer in.',
  ],
  [
    'transient error',
    'unavailable',
    'the load balancer has a fault of its own; it is not this node.',
  ],
  ['pending state', 'unused', 'EC2 says that the instance is pending.'],
  ['stopped state', 'unused', 'EC2 says that the instance is stopped.'],
  ['terminated state', 'unused', 'EC2 says that the instance is terminated.'],
];
