/** The load balancers of a scenario, with real health checks of its machines. */
import { checkHealth } from './health-check.ts';
import type { SimulatedNode } from './node.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { AwsWorld } from './services/world.ts';

/** Other targets are no machines: they are healthy, as neighbours are. */
export function checkedBalancers(
  { targetGroups, loadBalancers }: Scenario,
  nodes: readonly SimulatedNode[],
): Required<Pick<AwsWorld, 'targetGroups' | 'loadBalancers'>> {
  const hosts = new Map(
    nodes.flatMap(({ instance, host }) => [
      [instance.instance_id, host] as const,
      [instance.private_ipv4, host] as const,
    ]),
  );
  const checked = async (id: string, port: number, path: string) => {
    const host = hosts.get(id);
    return host === undefined ? { healthy: true as const } : checkHealth(host, port, path);
  };
  const groups = Object.entries(targetGroups).map(([name, { path, ...group }]) => {
    const check = ({ id, port }: { readonly id: string; readonly port: number }) =>
      checked(id, port, path);
    return [name, { ...group, healthCheckPath: path, check }] as const;
  });
  const classic = Object.entries(loadBalancers).map(([name, balancer]) => {
    const { port, path = '' } = balancer;
    const check = (id: string) => checked(id, port, path);
    return [name, { ...balancer, check }] as const;
  });
  return { targetGroups: Object.fromEntries(groups), loadBalancers: Object.fromEntries(classic) };
}
