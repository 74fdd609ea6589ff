/** RunKey: on what and for what one run of the agent was made, as its journal says in the first line of the run. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { Hardware } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { Plan } from '../plan/plan.ts';
import type { Traits } from './traits.ts';

export interface RunKey {
  readonly instanceId: string;
  readonly bootId: string;
  /** Serial of the volume that holds /; absent where the device tells none. */
  readonly rootVolume?: string;
  readonly planDigest: string;
  readonly agentVersion: string;
  readonly instanceType: string;
  readonly class: string;
  readonly release?: string;
  /** When EC2 last started the instance, as its metadata says. */
  readonly pendingTime?: string;
  readonly targetLifecycleState?: string;
  readonly traits: Traits;
  /** Step id -> digest of the step: which part of a plan is another one. */
  readonly parts: Readonly<Record<string, string>>;
  /** Units that the plan wants to run -> whether systemd starts them at boot as well. */
  readonly units: Readonly<Record<string, boolean>>;
}

export interface RunKeyParts {
  readonly plan: Plan;
  readonly identity: Identity;
  readonly hardware: Hardware;
  readonly agentVersion: string;
  readonly traits: Traits;
}

export function runKey({ plan, identity, hardware, agentVersion, traits }: RunKeyParts): RunKey {
  const { facts, launch = {} } = identity;
  const { bootId, rootVolume } = hardware;
  const services = plan.steps.flatMap((step) =>
    step.kind === 'service' && step.state === 'started' ? [[step.unit, step.enable]] : [],
  );
  return {
    instanceId: facts.instance_id,
    bootId,
    ...(rootVolume !== undefined && { rootVolume }),
    planDigest: plan.digest,
    agentVersion,
    instanceType: facts.instance_type,
    class: plan.class,
    ...(plan.release !== undefined && { release: plan.release.name }),
    ...launch,
    traits,
    parts: Object.fromEntries(plan.steps.map(({ from: _, ...step }) => [step.id, digestOf(step)])),
    units: Object.fromEntries(services),
  };
}

/** Told apart on one machine only: short ones do. */
function digestOf(step: object): string {
  return createHash('sha256').update(canonicalJson(step)).digest('hex').slice(0, 12);
}
