/** The group to tell of a boot that failed before it had a hook: known from the identity, or read once more by itself. */
import { deadlineSignal } from '../clock.ts';
import type { Pulse } from '../engine/pulse.ts';
import { ConfigError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { keys } from '../identity/keys.ts';
import { type Membership, readMembership } from '../identity/membership.ts';
import { parseUserData } from '../identity/user-data/user-data.ts';
import { type LaunchHook, launchHook } from '../lifecycle/launch-hook.ts';
import type { Plan } from '../plan/plan.ts';
import type { Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

/** ABANDON competes with the hook's own timeout only, but a metadata service that is silent will stay so. */
const withinMs = 10_000;
const groupTag = 'aws:autoscaling:groupName';

/** How far the boot had come. */
export interface Known {
  readonly identity?: Identity | undefined;
  readonly plan?: Plan | undefined;
  /** What agent.yaml names, where it could be read. */
  readonly named?: Named | undefined;
}

export interface Named {
  readonly group?: string | undefined;
  readonly hook?: string | undefined;
}

/** Its launch hook. Throws where nobody says which group this is. */
export async function groupToTell(
  { clock, random }: Surroundings,
  springs: Springs,
  { identity, plan, named: inAgentConfig }: Known,
  tell: Tell,
  pulse: Pulse,
): Promise<LaunchHook> {
  const { instanceId, region, group } =
    identity === undefined
      ? await within(readAlone)
      : {
          instanceId: identity.facts.instance_id,
          region: identity.facts.region,
          group: identity.facts.group_name,
        };
  const { autoScaling } = springs.aws(region);
  const planned = plan?.signal.kind === 'lifecycle-hook' ? plan.signal.hook : undefined;
  const named = planned ?? (await inUserData()).hook ?? inAgentConfig?.hook;
  const hook = named === undefined ? {} : { hook: named };
  return launchHook({
    group,
    instanceId,
    autoScaling,
    clock,
    tell,
    pulse: pulse.progressed,
    ...hook,
    ...(random && { random }),
  });

  async function within<T>(read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const silent = new UnavailableError(
      'The group is not known: the metadata service did not answer.',
    );
    const { signal, release } = deadlineSignal(clock, withinMs, silent);
    try {
      return await read(signal);
    } finally {
      release();
    }
  }

  async function readAlone(signal: AbortSignal) {
    const membership = await readMembership(springs.metadata, signal);
    if (membership.group !== undefined) return { ...membership, group: membership.group };
    try {
      return { ...membership, group: await groupByAws(membership, signal) };
    } catch (error) {
      const group = (await inUserData()).group ?? inAgentConfig?.group;
      if (!(error instanceof ConfigError) || group === undefined) throw error;
      return { ...membership, group };
    }
  }

  /** Nothing where it cannot be read, which is what most boots fail with that come here. */
  async function inUserData(): Promise<Named> {
    try {
      const bytes = await within((signal) => springs.metadata.readBytes(keys.userData, signal));
      const userData = await parseUserData(bytes);
      return userData.kind === 'ours' ? userData.document : {};
    } catch {
      return {};
    }
  }

  /** By the two calls that tell it: a node whose tags are not in metadata is allowed the first, as a rule. */
  async function groupByAws({ instanceId, region }: Membership, signal: AbortSignal) {
    const { tags, autoScaling } = springs.aws(region);
    try {
      return (await tags.describe(instanceId, signal))[groupTag] ?? '';
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return (await autoScaling.describeInstance(instanceId, signal))?.group ?? '';
    }
  }
}
