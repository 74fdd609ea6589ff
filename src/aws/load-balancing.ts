/** Elastic Load Balancing v2 behind the port: where a node is a target, and taking it out or putting it in. */
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetGroup as TargetGroupAnswer,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { HealthCheck, LoadBalancing, TargetGroup } from './aws.ts';
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
    // Nothing can be done in the place of it, and a role made together with its node may be refused at first.
    decisive: true,
    remedies: {
      TargetGroupNotFound:
        'correct the name or ARN under lifecycle.target_groups, lifecycle.register or drain.target_groups in the role',
    },
  });
  /** Of those that were described by name. */
  const arns = new Map<string, string>();

  const asked = new Map<
    string,
    { readonly at: number; readonly answer: Promise<TargetGroupAnswer> }
  >();

  /** Looking for a node's target and registering it take the same answer one after the other: one call. */
  function described(targetGroup: string, signal?: AbortSignal): Promise<TargetGroupAnswer> {
    const at = connection.clock.monotonic();
    const before = asked.get(targetGroup);
    if (before !== undefined && at - before.at < freshMs) return before.answer;
    const answer = lookUp(targetGroup, signal);
    asked.set(targetGroup, { at, answer });
    answer.catch(() => asked.delete(targetGroup));
    return answer;
  }

  async function lookUp(targetGroup: string, signal?: AbortSignal): Promise<TargetGroupAnswer> {
    // Describe actions of this service take no resource (service authorization reference).
    const call = wanted('DescribeTargetGroups', targetGroup, '*');
    const command = new DescribeTargetGroupsCommand(
      isArn(targetGroup) ? { TargetGroupArns: [targetGroup] } : { Names: [targetGroup] },
    );
    const answer = await connection.retry(call, signal, () =>
      connection.call(client, call, signal, (http) => client.send(command, http)),
    );
    const found = answer.TargetGroups?.[0] ?? {};
    if (found.TargetGroupArn !== undefined) arns.set(targetGroup, found.TargetGroupArn);
    return found;
  }

  async function arnOf(targetGroup: string, signal?: AbortSignal): Promise<string> {
    if (isArn(targetGroup)) return targetGroup;
    return (
      arns.get(targetGroup) ?? (await described(targetGroup, signal)).TargetGroupArn ?? targetGroup
    );
  }

  return {
    async targets(targetGroup, signal) {
      const TargetGroupArn = await arnOf(targetGroup, signal);
      const call = wanted('DescribeTargetHealth', targetGroup, '*');
      const command = new DescribeTargetHealthCommand({ TargetGroupArn });
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

    async describe(targetGroup, signal) {
      return targetGroupFrom(await described(targetGroup, signal), targetGroup);
    },

    async deregister(targetGroup, targets, signal) {
      const TargetGroupArn = await arnOf(targetGroup, signal);
      const call = wanted('DeregisterTargets', targetGroup, TargetGroupArn);
      const Targets = targets.map(descriptionOf);
      const command = new DeregisterTargetsCommand({ TargetGroupArn, Targets });
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    async register(targetGroup, targets, signal) {
      const TargetGroupArn = await arnOf(targetGroup, signal);
      const call = wanted('RegisterTargets', targetGroup, TargetGroupArn);
      const Targets = targets.map(descriptionOf);
      const command = new RegisterTargetsCommand({ TargetGroupArn, Targets });
      await connection.retry(call, signal, () =>
        connection.call(client, call, signal, (http) => client.send(command, http)),
      );
    },

    close: () => client.destroy(),
  };
}

/** How long an answer is good for: as long as one thing leads to the next. */
const freshMs = 5_000;

function descriptionOf({ id, port }: { readonly id: string; readonly port?: number }) {
  return { Id: id, ...(port !== undefined && { Port: port }) };
}

function isArn(targetGroup: string): boolean {
  return targetGroup.startsWith('arn:');
}

function targetGroupFrom(answer: TargetGroupAnswer, asked: string): TargetGroup {
  const { TargetGroupName, TargetType = 'instance', IpAddressType = 'ipv4' } = answer;
  // `traffic-port` stands for the port of each target.
  const port = Number(answer.HealthCheckPort);
  const check: HealthCheck = {
    protocol: answer.HealthCheckProtocol ?? 'HTTP',
    ...(port > 0 && { port }),
    ...(answer.HealthCheckPath !== undefined && { path: answer.HealthCheckPath }),
    ...(answer.Matcher?.HttpCode !== undefined && { codes: answer.Matcher.HttpCode }),
    timeoutSeconds: answer.HealthCheckTimeoutSeconds ?? 5,
    intervalSeconds: answer.HealthCheckIntervalSeconds ?? 30,
  };
  const name = TargetGroupName ?? nameOf(asked);
  return { name, targetType: TargetType, addressType: IpAddressType, check };
}

/** `arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID` -> NAME */
function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}
