/** PlanView: all that is shown of a plan, gathered by the command that shows it. */
import type { Identity } from '../../identity/identity.ts';
import type { Drift } from '../../resources/resource.ts';
import type { Origin } from '../../roles/role.ts';
import type { Call, Plan } from '../plan.ts';

export interface PlanView {
  readonly identity: Identity;
  readonly role: { readonly class: string; readonly ancestry: readonly string[] };
  readonly plan: Plan;
  /** What differs on the machine, by step id; undefined: in place. */
  readonly drifts: ReadonlyMap<string, Drift | undefined>;
  readonly calls: readonly Call[];
  readonly warnings: readonly string[];
  readonly simulated: boolean;
  /** Where the metadata came from: `scenario tomcat`, `the metadata of this instance`. */
  readonly source: string;
}

export interface ExplainView extends PlanView {
  readonly origins: ReadonlyMap<string, Origin>;
}
