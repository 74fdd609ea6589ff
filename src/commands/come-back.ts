/** Coming back: a drained node that is wanted again becomes what its class says, and a target where it was one. */
import type { AutoScaling } from '../aws/aws.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { SmallHost } from '../host/small-host.ts';
import type { Drain } from '../lifecycle/leaving.ts';
import type { DrainOrders } from '../plan/drain-orders.ts';
import { type LeftTargets, readLeft } from '../resources/drain/left-targets.ts';
import { bootsAgain } from './boots-again.ts';
import { orderStops } from './order-stops.ts';
import { openSprings } from './springs.ts';
import type { Environment } from './surroundings.ts';

export interface ComingBack {
  /** Absent: it comes out of a warm pool, where it never had to be drained. */
  readonly drain: Drain | undefined;
  readonly orders: DrainOrders | undefined;
  /** Its group has let go of it: it is nothing to the group's target groups any more. */
  readonly detached: boolean;
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
  if (drain?.deregistered && orders !== undefined) await register(drain, orders, options);
  return true;
}

/**
 * What the drain took out is put in again, as it was there. The group does so itself for what it took out (standby); what the
 * node left by itself it has to join by itself. Where one target group cannot be joined, the others are.
 */
async function register(
  drain: Drain,
  orders: DrainOrders,
  { detached, host, env, clock, tell }: ComingBack,
): Promise<void> {
  const springs = openSprings({ env, clock }, tell);
  const warn = (error: unknown) => tell({ type: 'warning', message: messageOf(error) });
  try {
    const { autoScaling, loadBalancing } = springs.aws(orders.region);
    const left = await readLeft(host.files, drain.id);
    const ofGroup =
      detached && orders.group !== '' ? await autoScaling.targetGroups(orders.group) : [];
    // Those that the role registers with, the boot has joined by itself.
    for (const { targetGroup, targets } of left ?? (await presumed(orders, autoScaling)))
      if (
        !orders.registration?.targetGroups.includes(targetGroup) &&
        !ofGroup.some((arn) => arn === targetGroup || arn.split('/')[1] === targetGroup)
      )
        await loadBalancing.register(targetGroup, targets).catch(warn);
  } catch (error) {
    warn(error);
  } finally {
    springs.close();
  }
}

/** Nothing was noted: the instance, with the port of each target group. */
async function presumed(
  { targetGroups, group, instanceId }: DrainOrders,
  autoScaling: Pick<AutoScaling, 'targetGroups'>,
): Promise<LeftTargets[]> {
  const found = targetGroups ?? (group === '' ? [] : await autoScaling.targetGroups(group));
  return found.map((targetGroup) => ({ targetGroup, targets: [{ id: instanceId }] }));
}
