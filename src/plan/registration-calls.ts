/** The calls that joining load balancers takes, and the rights for them. Pure. */
import type { Call } from './plan.ts';
import type { Registration } from './registration.ts';

/** The calls of a first boot; a node that is registered already only looks. */
export function registrationCalls({ targetGroups, loadBalancers }: Registration): Call[] {
  const [groups, classic] = [targetGroups.length, loadBalancers.length];
  const all: Call[] = [
    {
      service: 'elbv2',
      operation: 'DescribeTargetGroups',
      count: groups,
      purpose: 'what the target group takes',
    },
    {
      service: 'elbv2',
      operation: 'DescribeTargetHealth',
      count: 2 * groups,
      purpose: untilHealthy,
    },
    {
      service: 'elbv2',
      operation: 'RegisterTargets',
      count: groups,
      purpose: 'where it is no target yet',
    },
    {
      service: 'elb',
      operation: 'DescribeInstanceHealth',
      count: 2 * classic,
      purpose: untilHealthy,
    },
    {
      service: 'elb',
      operation: 'RegisterInstancesWithLoadBalancer',
      count: classic,
      purpose: 'where it is not registered yet',
    },
  ];
  return all.filter(({ count }) => count > 0);
}

const untilHealthy = 'how it stands: before, after, and again until healthy';

/** IAM actions, in the order in which they are needed. DescribeLoadBalancers only explains a failed check. */
export function registrationRights(registration: Registration): string[] {
  const operations = registrationCalls(registration).map(({ operation }) => operation);
  const explains = registration.loadBalancers.length > 0 ? ['DescribeLoadBalancers'] : [];
  return [...operations, ...explains].map((operation) => `elasticloadbalancing:${operation}`);
}
