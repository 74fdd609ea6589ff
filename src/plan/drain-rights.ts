/** Which IAM actions the drain of a node needs. Pure; the order is that in which they are first needed. */
import type { DrainOrders } from './drain-orders.ts';

/** As `elasticloadbalancing:DeregisterTargets`; `RegisterTargets` brings a node back that had left by itself. */
export function drainRights({ targetGroups, group, logs, hook }: DrainOrders): string[] {
  const inGroup = group !== '';
  const isTarget = targetGroups === undefined ? inGroup : targetGroups.length > 0;
  const isNamed = targetGroups?.some((name) => !name.startsWith('arn:')) ?? false;
  const one = (wanted: boolean, service: string, ...operations: string[]) =>
    wanted ? operations.map((operation) => `${service}:${operation}`) : [];
  return [
    ...one(targetGroups === undefined && inGroup, 'autoscaling', 'DescribeAutoScalingGroups'),
    ...one(isNamed, 'elasticloadbalancing', 'DescribeTargetGroups'),
    ...one(isTarget, 'elasticloadbalancing', 'DescribeTargetHealth', 'DeregisterTargets'),
    ...one(isTarget, 'elasticloadbalancing', 'RegisterTargets'),
    ...one(logs !== undefined, 's3', 'PutObject'),
    ...one(inGroup && hook === undefined, 'autoscaling', 'DescribeLifecycleHooks'),
    ...one(inGroup, 'autoscaling', 'RecordLifecycleActionHeartbeat', 'CompleteLifecycleAction'),
    ...one(inGroup, 'autoscaling', 'DescribeAutoScalingInstances'),
  ];
}
