/** Leftovers: units that an earlier plan of this machine brought up and the present one does not mention. */
import type { ServiceStep } from '../resources/step.ts';
import type { Plan } from './plan.ts';

/** As long as systemd itself waits for a unit to stop (DefaultTimeoutStopSec=). */
const stopSeconds = 90;

/**
 * The plan with a step in front for each of `units`, which stops and disables it. Services wait for those: the old class
 * may have the very port that the new one wants. The digest stays, since equal nodes of a fleet share it whatever they
 * were before.
 */
export function withLeftovers(plan: Plan, units: readonly string[]): Plan {
  if (units.length === 0) return plan;
  const leftovers = units.map(stopped);
  const ids = leftovers.map(({ id }) => id);
  const steps = plan.steps.map((step) =>
    step.kind === 'service' ? { ...step, needs: [...step.needs, ...ids] } : step,
  );
  return { ...plan, steps: [...leftovers, ...steps] };
}

function stopped(unit: string): ServiceStep {
  return {
    kind: 'service',
    id: `service:${unit.replace(/\.service$/, '')}`,
    needs: [],
    from: 'left by an earlier plan',
    unit,
    enable: false,
    state: 'stopped',
    credentials: {},
    timeoutSeconds: stopSeconds,
  };
}
