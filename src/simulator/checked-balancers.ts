/** The load balancers of a scenario, with real health checks of its machine. */
import type { Host } from '../host/host.ts';
import { checkHealth } from './health-check.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { AwsWorld } from './services/world.ts';

/** Other targets are no machines: they are healthy, as neighbours are. */
export function checkedBalancers(
  { instance, targetGroups, loadBalancers }: Scenario,
  host: Pick<Host, 'reach'>,
): Required<Pick<AwsWorld, 'targetGroups' | 'loadBalancers'>> {
  const isOwn = (id: string) => [instance.instance_id, instance.private_ipv4].includes(id);
  const groups = Object.entries(targetGroups).map(([name, { path, ...group }]) => {
    const check = async ({ id, port }: { readonly id: string; readonly port: number }) =>
      isOwn(id) ? checkHealth(host, port, path) : { healthy: true as const };
    return [name, { ...group, healthCheckPath: path, check }] as const;
  });
  const classic = Object.entries(loadBalancers).map(([name, balancer]) => {
    const { port, path = '' } = balancer;
    const check = async (id: string) =>
      isOwn(id) ? checkHealth(host, port, path) : { healthy: true };
    return [name, { ...balancer, check }] as const;
  });
  return { targetGroups: Object.fromEntries(groups), loadBalancers: Object.fromEntries(classic) };
}
