/** Preparation: what is done of a plan on an instance that is to lie ready in a warm pool. Pure. */
import type { Launch } from '../identity/identity.ts';
import type { ServiceStep, Step } from '../resources/step.ts';
import type { DrainOrders } from './drain-orders.ts';
import type { Plan } from './plan.ts';

/** True where the group is bringing the instance into its warm pool, or keeps it there. */
export function isForPool(launch: Launch | undefined): boolean {
  return launch?.targetLifecycleState?.startsWith('Warmed:') ?? false;
}

/**
 * The plan without what waits for service: no step of `activate`, no probe. In place of each service that waits stands a step
 * that holds it back, after all that could have enabled or started it: a package enables what it brings, and systemd
 * would start that at the power-on out of the pool, before the agent. The digest stays: it is the same machine in the end.
 * Leaving the pool for good, there is nothing to drain.
 */
export function preparation(plan: Plan): Plan {
  const { activate } = plan;
  const steps = plan.steps.filter(({ id }) => !activate.includes(id));
  const held = plan.steps.flatMap((step) =>
    step.kind === 'service' && activate.includes(step.id) ? heldBack(step, steps) : [],
  );
  return { ...plan, steps: [...steps, ...held], activate: [], probes: [], drain: idle(plan.drain) };
}

/** A node that took no work has none to give back, nor a target group to leave. */
function idle(drain: DrainOrders): DrainOrders {
  return { ...drain, targetGroups: [], stopWork: [], ports: [], services: [], commands: [] };
}

function heldBack(
  { id, from, unit, timeoutSeconds }: ServiceStep,
  prepared: readonly Step[],
): ServiceStep {
  const before = prepared.filter(({ kind }) => kind === 'package' || kind === 'mask');
  return {
    kind: 'service',
    id: id.replace('service:', 'held:'),
    needs: before.map((step) => step.id),
    from,
    unit,
    enable: false,
    state: 'stopped',
    credentials: {},
    timeoutSeconds,
  };
}
