/** The group to tell of a boot that failed before there was a plan: known from the identity, or read once more by itself. */
import { deadlineSignal } from '../clock.ts';
import type { Pulse } from '../engine/pulse.ts';
import { UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { readMembership } from '../identity/membership.ts';
import { type LaunchHook, launchHook } from '../lifecycle/launch-hook.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

/** ABANDON competes with the hook's own timeout only, but a metadata service that is silent will stay so. */
const withinMs = 10_000;

/** Its launch hook, or undefined where not even the metadata service could be opened. Throws where it does not answer. */
export async function groupToTell(
  { clock }: Surroundings,
  springs: Springs | undefined,
  identity: Identity | undefined,
  tell: Tell,
  pulse: Pulse,
): Promise<LaunchHook | undefined> {
  if (springs === undefined) return undefined;
  const { instanceId, region, group } =
    identity === undefined
      ? await membership(springs)
      : {
          instanceId: identity.facts.instance_id,
          region: identity.facts.region,
          group: identity.facts.group_name,
        };
  const { autoScaling } = springs.aws(region);
  return launchHook({ group, instanceId, autoScaling, clock, tell, pulse: pulse.progressed });

  async function membership({ metadata }: Springs) {
    const silent = new UnavailableError(
      'The group is not known: the metadata service did not answer.',
    );
    const { signal, release } = deadlineSignal(clock, withinMs, silent);
    try {
      return await readMembership(metadata, signal);
    } finally {
      release();
    }
  }
}
