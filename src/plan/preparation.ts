/** Preparation: what is done of a plan on an instance that is to lie ready in a warm pool. Pure. */
import type { Launch } from '../identity/identity.ts';
import type { HoldStep, ServiceStep, Step } from '../resources/step.ts';
import type { DrainOrders } from './drain-orders.ts';
import type { Plan } from './plan.ts';

/** True where the group is bringing the instance into its warm pool, or keeps it there. */
export function isForPool(launch: Launch | undefined): boolean {
  return launch?.targetLifecycleState?.startsWith('Warmed:') ?? false;
}

/**
 * The plan without what waits for service: no step of `activate`, no probe. In place of the services that wait stands a
 * step that holds them back, after all that could have enabled or started one: a package enables what it brings, and
 * systemd would start that at the power-on out of the pool, before the agent. The digest stays: it is the same machine in the end.
 * Leaving the pool for good, there is nothing to drain.
 */
export function preparation(plan: Plan): Plan {
  const { activate } = plan;
  const steps = plan.steps.filter(({ id }) => !activate.includes(id));
  const held = plan.steps.filter(
    (step) => step.kind === 'service' && activate.includes(step.id),
  ) as ServiceStep[];
  const all = held.length === 0 ? steps : [...steps, heldBack(held, steps)];
  return { ...plan, steps: all, activate: [], probes: [], drain: idle(plan.drain) };
}

/** A node that took no work has none to give back, nor a target group to leave. */
function idle(drain: DrainOrders): DrainOrders {
  return { ...drain, targetGroups: [], stopWork: [], ports: [], services: [], commands: [] };
}

function heldBack(services: readonly ServiceStep[], prepared: readonly Step[]): HoldStep {
  const before = prepared.filter(({ kind }) => kind === 'package' || kind === 'mask');
  return {
    kind: 'hold',
    id: 'held-services',
    needs: before.map((step) => step.id),
    from: 'services',
    units: services.map(({ unit }) => unit),
    kept: prepared.flatMap((step) => (step.kind === 'service' ? [step.unit] : [])),
    timeoutSeconds: Math.max(...services.map(({ timeoutSeconds }) => timeoutSeconds)),
  };
}
