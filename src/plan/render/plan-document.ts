/** A plan for machines: the one JSON document of `agent dry-run --json`. */
import type { Facts, UserData } from '../../identity/identity.ts';
import type { Peer } from '../../peers/peer.ts';
import type { Difference } from '../../resources/resource.ts';
import type { Step } from '../../resources/step.ts';
import { costOf } from '../cost.ts';
import { criticalPath } from '../critical-path.ts';
import type { DrainOrders } from '../drain-orders.ts';
import { estimateMs } from '../estimate.ts';
import type { Phase } from '../phases.ts';
import type { Call, Probe, Signal } from '../plan.ts';
import type { RecordOrders } from '../record-orders.ts';
import type { Registration } from '../registration.ts';
import { estimateBasis } from './ending.ts';
import type { PlanView } from './view.ts';

/** Keys are only ever added. Absent values are null. Times are milliseconds unless the name says seconds. */
export interface PlanDocument {
  readonly simulated: boolean;
  readonly source: string;
  readonly class: {
    readonly name: string;
    readonly source: string;
    readonly held: readonly {
      readonly source: string;
      readonly where: string;
      readonly value: string | null;
    }[];
  };
  readonly ancestry: readonly string[];
  readonly release: { readonly name: string; readonly source: string } | null;
  /** Null where the role looks up none. */
  readonly peers: readonly Peer[] | null;
  readonly facts: Facts;
  readonly tags: Readonly<Record<string, string>>;
  readonly tagNames: readonly string[];
  readonly tagsFrom: string;
  readonly userData: UserData['kind'];
  readonly digest: string;
  /** In the order of the plan; a secret is in a step by reference only. */
  readonly steps: readonly (Step & {
    readonly drift: readonly Difference[] | null;
    readonly phase: Phase;
  })[];
  readonly criticalPath: {
    readonly steps: readonly string[];
    readonly estimateMs: number;
    readonly basis: string;
  };
  readonly calls: readonly Call[];
  readonly cost: { readonly usd: number; readonly basis: string };
  readonly probes: readonly Probe[];
  readonly signal: Signal;
  readonly deadlineSeconds: number;
  readonly drain: DrainOrders;
  /** Null where the node joins no load balancer by itself. */
  readonly registration: Registration | null;
  /** Null where the flight record stays on the machine. */
  readonly record: RecordOrders | null;
  readonly warnings: readonly string[];
}

export function planDocument(view: PlanView): PlanDocument {
  const { identity, plan, drifts } = view;
  const longest = criticalPath(plan.steps, (step) => estimateMs(step, drifts.get(step.id)));
  return {
    simulated: view.simulated,
    source: view.source,
    class: {
      name: identity.class.name,
      source: identity.class.source,
      held: identity.class.held.map((held) => ({ ...held, value: held.value ?? null })),
    },
    ancestry: view.role.ancestry,
    release: plan.release ?? null,
    peers: plan.peers ?? null,
    facts: identity.facts,
    tags: identity.tags,
    tagNames: identity.tagNames,
    tagsFrom: identity.tagsFrom,
    userData: identity.userData.kind,
    digest: plan.digest,
    steps: plan.steps.map((step) => ({
      ...step,
      drift: drifts.get(step.id)?.differences ?? null,
      phase: plan.activate.includes(step.id) ? 'activate' : 'prepare',
    })),
    criticalPath: {
      steps: longest.path.map((step) => step.id),
      estimateMs: Math.round(longest.ms),
      basis: estimateBasis,
    },
    calls: view.calls,
    cost: costOf(view.calls),
    probes: plan.probes,
    signal: plan.signal,
    deadlineSeconds: plan.deadlineSeconds,
    drain: plan.drain,
    registration: plan.registration ?? null,
    record: plan.record ?? null,
    warnings: view.warnings,
  };
}
