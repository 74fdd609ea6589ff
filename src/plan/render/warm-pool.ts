/** Where the plan is cut on the way through a warm pool: what is prepared there, and what waits until the node is wanted. */
import { isForPool } from '../preparation.ts';
import type { Page } from './page.ts';
import type { PlanView } from './view.ts';

/** Nothing outside a group: there is no pool. */
export function writeWarmPool(page: Page, { plan, identity }: PlanView): void {
  if (plan.signal.kind !== 'lifecycle-hook' || plan.steps.length === 0) return;
  const { steps, activate } = plan;
  const prepared = steps.length - activate.length;
  page.heading('In a warm pool', `${prepared} of ${steps.length} steps are prepared`);
  const waiting = activate.length === 0 ? 'nothing' : activate.join(', ');
  page.wrapped('  waits until it is wanted in service: ', waiting);
  if (!isForPool(identity.launch)) return;
  const state = identity.launch?.targetLifecycleState;
  page.wrapped(
    '  ',
    `This boot is one into the pool (${state}): it ends when those steps are done.`,
  );
}
