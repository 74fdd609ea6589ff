/** Which IAM actions the drain of a node needs. Pure; the order is that in which they are first needed. */
import type { DrainOrders } from './drain-orders.ts';

/** As `elasticloadbalancing:DeregisterTargets`; `RegisterTargets` brings a node back that had left by itself. */
export function drainRights(orders: DrainOrders): string[] {
  const { targetGroups, registration, group, logs, hook } = orders;
  const inGroup = group !== '';
  const named = [...(targetGroups ?? []), ...(registration?.targetGroups ?? [])];
  const isTarget = named.length > 0 || (targetGroups === undefined && inGroup);
  // What the node itself registered with, its next boot registers with again.
  const comesBack = targetGroups === undefined ? inGroup : targetGroups.length > 0;
  const isClassic = (registration?.loadBalancers.length ?? 0) > 0;
  const isNamed = named.some((name) => !name.startsWith('arn:'));
  const one = (wanted: boolean, service: string, ...operations: string[]) =>
    wanted ? operations.map((operation) => `${service}:${operation}`) : [];
  return [
    ...one(targetGroups === undefined && inGroup, 'autoscaling', 'DescribeAutoScalingGroups'),
    ...one(isNamed, 'elasticloadbalancing', 'DescribeTargetGroups'),
    ...one(isTarget, 'elasticloadbalancing', 'DescribeTargetHealth', 'DeregisterTargets'),
    ...one(comesBack, 'elasticloadbalancing', 'RegisterTargets'),
    ...one(isClassic, 'elasticloadbalancing', 'DescribeInstanceHealth'),
    ...one(isClassic, 'elasticloadbalancing', 'DeregisterInstancesFromLoadBalancer'),
    ...one(logs !== undefined, 's3', 'PutObject'),
    ...one(inGroup && hook === undefined, 'autoscaling', 'DescribeLifecycleHooks'),
    ...one(inGroup, 'autoscaling', 'RecordLifecycleActionHeartbeat', 'CompleteLifecycleAction'),
    ...one(inGroup, 'autoscaling', 'DescribeAutoScalingInstances'),
  ];
}
