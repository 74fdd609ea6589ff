/** Elastic Load Balancing v2 behind the port: where an instance is a target, and taking it out or putting it in. */
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LoadBalancing } from './aws.ts';
import type { Connection } from './connection.ts';
import type { Wanted } from './errors.ts';
import type { ClientSettings } from './settings.ts';

export function loadBalancing(
  connection: Connection,
  settings: ClientSettings,
): LoadBalancing & { close(): void } {
  const client = new ElasticLoadBalancingV2Client(settings);
  const wanted = (operation: string, targetGroup: string, resource: string): Wanted => ({
    service: 'elbv2',
    operation,
    what: `target group ${nameOf(targetGroup)}`,
    permission: `elasticloadbalancing:${operation} on ${resource}`,
    remedies: { TargetGroupNotFound: 'correct drain.target_groups in the role' },
  });

  return {
    async targets(targetGroup, signal) {
      // Describe actions of this service take no resource (service authorization reference).
      const call = wanted('DescribeTargetHealth', targetGroup, '*');
      const command = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup });
      const answer = await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
      return (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => ({
        id: Target?.Id ?? '',
        ...(Target?.Port !== undefined && { port: Target.Port }),
        state: TargetHealth?.State ?? '',
        ...(TargetHealth?.Reason !== undefined && { reason: TargetHealth.Reason }),
      }));
    },

    async healthCheck(targetGroup, signal) {
      const call = wanted('DescribeTargetGroups', targetGroup, '*');
      const command = new DescribeTargetGroupsCommand({ TargetGroupArns: [targetGroup] });
      const answer = await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
      const [found] = answer.TargetGroups ?? [];
      if (found === undefined) return undefined;
      // `traffic-port` stands for the port of each target.
      const port = Number(found.HealthCheckPort);
      return {
        protocol: found.HealthCheckProtocol ?? 'HTTP',
        ...(port > 0 && { port }),
        ...(found.HealthCheckPath !== undefined && { path: found.HealthCheckPath }),
        ...(found.Matcher?.HttpCode !== undefined && { codes: found.Matcher.HttpCode }),
        timeoutSeconds: found.HealthCheckTimeoutSeconds ?? 5,
        intervalSeconds: found.HealthCheckIntervalSeconds ?? 30,
      };
    },

    async deregister(targetGroup, targets, signal) {
      const call = wanted('DeregisterTargets', targetGroup, targetGroup);
      const command = new DeregisterTargetsCommand({
        TargetGroupArn: targetGroup,
        Targets: targets.map(described),
      });
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    async register(targetGroup, targets, signal) {
      const call = wanted('RegisterTargets', targetGroup, targetGroup);
      const command = new RegisterTargetsCommand({
        TargetGroupArn: targetGroup,
        Targets: targets.map(described),
      });
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    close: () => client.destroy(),
  };
}

function described({ id, port }: { readonly id: string; readonly port?: number }) {
  return { Id: id, ...(port !== undefined && { Port: port }) };
}

/** `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID` -> NAME */
function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}
