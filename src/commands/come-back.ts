/** Coming back: a drained node that is wanted again becomes what its class says, and a target where it was one. */
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { SmallHost } from '../host/small-host.ts';
import type { Drain } from '../lifecycle/leaving.ts';
import type { DrainOrders } from '../plan/drain-orders.ts';
import { bootsAgain } from './boots-again.ts';
import { orderStops } from './order-stops.ts';
import { openSprings } from './springs.ts';
import type { Environment } from './surroundings.ts';

export interface ComingBack {
  /** Absent: it comes out of a warm pool, where it never had to be drained. */
  readonly drain: Drain | undefined;
  readonly orders: DrainOrders | undefined;
  readonly host: SmallHost;
  readonly env: Environment;
  readonly clock: Clock;
  readonly tell: Tell;
}

/** False where the boot failed, which has told the group by itself. */
export async function comeBack(options: ComingBack): Promise<boolean> {
  const { drain, orders, host, tell } = options;
  if (orders?.unready !== undefined) await host.files.remove(orders.unready);
  // The agent starts what was stopped, or never ran, and waits until the node is healthy.
  if (!(await bootsAgain(host, tell))) return false;
  await orderStops(host);
  if (drain?.deregistered && orders !== undefined) await register(orders, options);
  return true;
}

/** The group does so itself for what it took out (standby); what the node left by itself it has to join by itself. */
async function register(
  { targetGroups, group, instanceId, region }: DrainOrders,
  { env, clock, tell }: ComingBack,
): Promise<void> {
  const springs = openSprings({ env, clock }, tell);
  try {
    const { autoScaling, loadBalancing } = springs.aws(region);
    const found = targetGroups ?? (group === '' ? [] : await autoScaling.targetGroups(group));
    for (const one of found) await loadBalancing.register(one, [{ id: instanceId }]);
  } catch (error) {
    tell({ type: 'warning', message: messageOf(error) });
  } finally {
    springs.close();
  }
}
