/** The planner: from what a node should be, who it is and which release it runs, to the steps that make it so. Pure. */
import type { Identity } from '../identity/identity.ts';
import type { Peer } from '../peers/peer.ts';
import type { Release } from '../releases/release.ts';
import type { Step } from '../resources/step.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import type { RecorderSection } from '../roles/recorder-section.ts';
import { Accounts } from './accounts.ts';
import { digestOf } from './digest.ts';
import { drainOrders } from './drain-orders-for.ts';
import { Faults } from './faults.ts';
import { circlesIn, inOrder } from './graph.ts';
import { Layout } from './layout.ts';
import { withNeeds } from './needs.ts';
import { activating, checkPins } from './phases.ts';
import { defaultDeadline, type Plan, type Signal } from './plan.ts';
import { probesOf } from './probes.ts';
import { recordOrders } from './record-orders.ts';
import { registrationOf } from './registration.ts';
import { checkSecrets } from './secrets.ts';
import { artifactSteps } from './steps/artifacts.ts';
import { directorySteps, fileSteps, secretSteps } from './steps/files.ts';
import { kernelModuleSteps, sysctlSteps } from './steps/kernel.ts';
import { maskSteps } from './steps/mask.ts';
import { commandSteps, serviceSteps } from './steps/run.ts';
import { hostnameSteps, packageSteps, userSteps } from './steps/system.ts';

/**
 * The plan of one instance. `deadlineSeconds` is what holds where the role names no deadline under `lifecycle`; `recorder`: what
 * agent.yaml says of records; `peers`: those that were looked up.
 * Throws ConfigError with everything that is wrong with the role as a plan, each with the place where it was written.
 */
export function planFor(
  role: FilledRole,
  identity: Identity,
  release: Release | undefined,
  options: {
    deadlineSeconds?: number;
    peers?: readonly Peer[];
    recorder?: RecorderSection;
    hooks?: NamedHooks;
  } = {},
): Plan {
  const faults = new Faults(role);
  const steps = stepsFor(role, release, faults);
  const probes = probesOf(role);
  const registration = registrationOf(role, identity);
  const orders = drainOrders(role, identity, steps, probes, faults);
  const drain = { ...orders, ...(registration !== undefined && { registration }) };
  const record = recordOrders(role.document.recorder, options.recorder);
  if (role.document.recorder !== undefined && record === undefined)
    faults.add('recorder', 'names no bucket: set `to` here, or recorder.to in agent.yaml');
  const { target_groups: targetGroups } = role.document.lifecycle;
  faults.throwIfAny();
  const decided = {
    class: role.class,
    steps,
    probes,
    signal: signalFor(role, identity, options.hooks),
    ...(release && { release: { name: release.name, source: release.source } }),
  };
  return {
    ...decided,
    activate: activating(steps, role),
    ...(options.peers && { peers: options.peers }),
    instanceId: identity.facts.instance_id,
    deadlineSeconds: role.document.lifecycle.deadline ?? options.deadlineSeconds ?? defaultDeadline,
    drain,
    ...(targetGroups !== undefined && { targetGroups }),
    ...(registration !== undefined && { registration }),
    ...(record !== undefined && { record }),
    digest: digestOf(decided),
  };
}

/** The steps in order; what is wrong is added to `faults`, and the result then means nothing. */
export function stepsFor(role: FilledRole, release: Release | undefined, faults: Faults): Step[] {
  const bare: Step[] = [
    ...hostnameSteps(role, faults),
    ...kernelModuleSteps(role),
    ...sysctlSteps(role),
    ...maskSteps(role, faults),
    ...packageSteps(role, faults),
    ...userSteps(role),
    ...secretSteps(role),
    ...directorySteps(role, faults),
    ...fileSteps(role, faults),
    ...artifactSteps(role, release, faults),
    ...commandSteps(role, faults),
    ...serviceSteps(role, faults),
  ];
  checkIds(bare, faults);
  checkSecrets(bare, role, faults);
  const site = { role, accounts: new Accounts(bare), layout: new Layout(bare, faults) };
  const steps = withNeeds(bare, site, faults);
  for (const circle of circlesIn(steps)) {
    const first = steps.find((step) => step.id === circle[0]);
    faults.add(first?.from ?? circle.join(), `needs itself: ${circle.join(' -> ')}`);
  }
  const ordered = inOrder(steps);
  checkPins(ordered, activating(ordered, role), role, faults);
  return ordered;
}

/** `tomcat10` and `tomcat10.service` are one unit, `/a` and `/a/` one directory. */
function checkIds(steps: readonly Step[], faults: Faults): void {
  const first = new Map<string, Step>();
  for (const step of steps) {
    const other = first.get(step.id);
    if (other === undefined) first.set(step.id, step);
    else faults.add(step.from, `means the same as ${other.from}; keep one of them`);
  }
}

/** The launch hook as others than the role name it. */
export interface NamedHooks {
  readonly userData?: string | undefined;
  readonly agent?: string | undefined;
}

function signalFor(
  role: FilledRole,
  { facts, tagsFrom }: Identity,
  hooks: NamedHooks = {},
): Signal {
  const hook = hooks.userData ?? role.document.lifecycle.hook ?? hooks.agent;
  if (facts.group_name !== '')
    return {
      kind: 'lifecycle-hook',
      group: facts.group_name,
      ...(hook === undefined ? {} : { hook }),
    };
  const because =
    tagsFrom === 'none'
      ? 'no tags could be read, and neither user data nor agent.yaml names a group'
      : 'the instance is in no Auto Scaling group (it has no tag aws:autoscaling:groupName)';
  return { kind: 'none', because };
}
