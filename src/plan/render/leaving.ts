/** How the node would leave, in short: the stages of its drain on scale-in, and what else starts one. */

import { optionalNotices } from '../drain-orders.ts';
import { drainPlanFor } from '../drain-plan.ts';
import { drainRights } from '../drain-rights.ts';
import type { Page } from './page.ts';
import type { PlanView } from './view.ts';

export function writeLeaving(page: Page, { plan }: PlanView): void {
  const { drain } = plan;
  const { stages } = drainPlanFor(drain, { deregister: true, stopServices: true, id: 'dry-run' });
  page.heading('When it must leave', `${drain.deadlineSeconds} s at most`);
  const names = Math.max(...stages.map(({ id }) => id.length));
  for (const { id, what, mostSeconds } of stages)
    page.wrapped(`  ${id.padEnd(names)}  `, `${what}, ${mostSeconds} s at most`);
  const drains = optionalNotices.filter((kind) => drain.on[kind] === 'drain');
  const notes = optionalNotices.filter((kind) => drain.on[kind] === 'note');
  page.wrapped(
    '  ',
    `on: termination by the group, spot interruption${[...drains.map((one) => `, ${one}`)].join('')}${
      notes.length === 0 ? '' : `; only noted: ${notes.join(', ')}`
    }`,
  );
  const rights = drainRights(drain);
  if (rights.length > 0) page.wrapped('  ', `rights: ${rights.join(', ')}`);
}
