/** Classic load balancers behind the port: how one sees an instance, and taking the instance out or putting it in. */
import {
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingClient,
  RegisterInstancesWithLoadBalancerCommand,
} from '@aws-sdk/client-elastic-load-balancing';
import { partitionOf } from './arn.ts';
import type { ClassicBalancing, ClassicStanding, HealthCheck } from './aws.ts';
import type { Connection } from './connection.ts';
import type { Wanted } from './errors.ts';
import type { ClientSettings } from './settings.ts';

export function classicBalancing(
  connection: Connection,
  settings: ClientSettings,
): ClassicBalancing & { close(): void } {
  const client = new ElasticLoadBalancingClient(settings);
  const { region } = connection;
  const wanted = (operation: string, name: string): Wanted => ({
    service: 'elb',
    operation,
    what: `classic load balancer ${name}`,
    // Describe actions of this service take no resource (service authorization reference).
    permission: `elasticloadbalancing:${operation} on ${operation.startsWith('Describe') ? '*' : `arn:${partitionOf(region)}:elasticloadbalancing:${region}:*:loadbalancer/${name}`}`,
    decisive: true,
    remedies: {
      LoadBalancerNotFound:
        'correct the name under lifecycle.register.load_balancers in the role: only classic load balancers belong there, others have target groups',
      InvalidInstance: 'a classic load balancer takes only running instances of its own VPC',
    },
  });

  return {
    async standing(name, instanceId, signal) {
      const call = wanted('DescribeInstanceHealth', name);
      const command = new DescribeInstanceHealthCommand(addressOf(name, instanceId));
      const answer = await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
      const { State, ReasonCode, Description } = answer.InstanceStates?.[0] ?? {};
      const description = Description ?? 'N/A';
      return {
        state: State ?? 'Unknown',
        code: ReasonCode ?? 'N/A',
        description,
        membership: membershipBy(description),
      };
    },

    async healthCheck(name, signal) {
      const call = wanted('DescribeLoadBalancers', name);
      const command = new DescribeLoadBalancersCommand({ LoadBalancerNames: [name] });
      const answer = await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
      const check = answer.LoadBalancerDescriptions?.[0]?.HealthCheck;
      const { Target = 'TCP', Timeout = 5, Interval = 30 } = check ?? {};
      return { ...checkOf(Target), timeoutSeconds: Timeout, intervalSeconds: Interval };
    },

    async register(name, instanceId, signal) {
      const call = wanted('RegisterInstancesWithLoadBalancer', name);
      const command = new RegisterInstancesWithLoadBalancerCommand(addressOf(name, instanceId));
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    async deregister(name, instanceId, signal) {
      const call = wanted('DeregisterInstancesFromLoadBalancer', name);
      const command = new DeregisterInstancesFromLoadBalancerCommand(addressOf(name, instanceId));
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    close: () => client.destroy(),
  };
}

function addressOf(name: string, instanceId: string) {
  return { LoadBalancerName: name, Instances: [{ InstanceId: instanceId }] };
}

/** In the words of the API reference, InstanceState; a description may hold several of its sentences. */
function membershipBy(description: string): ClassicStanding['membership'] {
  if (description.includes('not currently registered')) return 'none';
  return description.includes('deregistration currently in progress') ? 'leaving' : 'registered';
}

/** `HTTP:8080/health`, `TCP:5000`; any answer but 200 is unhealthy (API reference, HealthCheck). */
function checkOf(target: string): Pick<HealthCheck, 'protocol' | 'port' | 'path' | 'codes'> {
  const [, protocol = target, port, path] = /^(\w+):(\d+)(\/.*)?$/.exec(target) ?? [];
  return {
    protocol,
    ...(port !== undefined && { port: Number(port) }),
    ...(path !== undefined && { path, codes: '200' }),
  };
}
