/** The resource `hold`: services of a node in a warm pool that must not run, whatever might start them, until its group wants it. */
import type { Host } from '../host/host.ts';
import { driftOf } from './owned.ts';
import { succeed } from './programs.ts';
import type { Difference, Resource } from './resource.ts';
import { isMasked, maskPath, maskTarget } from './service/mask-link.ts';
import { noteTriggers, type Trigger, triggersByName, unitFileStates } from './service/triggers.ts';
import { isActive, showUnit, stateOf } from './service/unit.ts';
import type { HoldStep } from './step.ts';

/** Words of `is-active` for a unit that runs, or is about to. */
const running = /^(active|activating|reloading|refreshing)$/;

/**
 * Each unit is stopped, disabled and masked: neither a target, nor a dependency, nor a request on the bus starts it. So is
 * each socket, timer and path that would start it, where that one is enabled or active; a note says which, and the
 * resource `service` brings them back. Where a unit file stands in the place of the mask, disabling is all that can be done.
 */
export const hold: Resource<HoldStep> = {
  async check(step, { host }, { signal }) {
    const differences: Difference[] = [];
    for (const { unit, triggers } of await heldUnits(step, host, signal)) {
      const shown = await showUnit(host, unit, signal);
      if (isActive(shown) || running.test(shown.ActiveState))
        differences.push({ aspect: unit, found: stateOf(shown), wanted: 'stopped' });
      if (shown.LoadState !== 'not-found')
        differences.push(...(await startable(host, { unit, state: shown.UnitFileState })));
      for (const trigger of triggers) differences.push(...(await startable(host, trigger)));
    }
    return driftOf(differences);
  },

  async apply(step, { host, redactor }, { drift, signal }) {
    const differs = (unit: string, ...words: string[]) =>
      drift.differences.some(({ aspect, wanted }) => aspect === unit && words.includes(wanted));
    const held = await heldUnits(step, host, signal);
    // Before anything is done: what is masked does not tell any more that it was enabled.
    for (const { unit, triggers } of held) await noteTriggers(host.files, unit, triggers);
    const all = held.flatMap(({ unit, triggers }) => [...triggers.map((one) => one.unit), unit]);
    const open = all.filter((unit) => differs(unit, 'stopped', 'disabled', 'masked'));
    const options = { signal, timeoutSeconds: step.timeoutSeconds };
    // In one call: a socket that still listens would start the service again.
    const stop = ['systemctl', 'stop', '--', ...open] as const;
    await succeed(host, redactor, 'stop what the pool holds back', [...stop], options);
    for (const unit of open) {
      await succeed(
        host,
        redactor,
        `disable ${unit}`,
        ['systemctl', 'disable', '--', unit],
        options,
      );
      if (differs(unit, 'masked')) await host.files.link(maskPath(unit), maskTarget);
    }
    await succeed(host, redactor, 'reload systemd', ['systemctl', 'daemon-reload'], options);
  },
};

interface HeldUnit {
  readonly unit: string;
  /** Enabled or active, and no unit of the step by itself. */
  readonly triggers: readonly Trigger[];
}

/** A unit that is not there (yet) has triggers by name only. */
async function heldUnits(
  { units, kept }: HoldStep,
  host: Host,
  signal: AbortSignal | undefined,
): Promise<HeldUnit[]> {
  const held: HeldUnit[] = [];
  for (const unit of units) {
    const { TriggeredBy } = await showUnit(host, unit, signal);
    const loaded = TriggeredBy.split(' ').filter((name) => name !== '');
    const names = [...new Set([...loaded, ...triggersByName(unit)])];
    const others = names.filter((name) => !units.includes(name) && !kept.includes(name));
    const known = others.length === 0 ? [] : await unitFileStates(host, others, signal);
    const triggers: Trigger[] = [];
    for (const trigger of known) {
      if (trigger.state === 'masked') continue;
      const { ActiveState } = await showUnit(host, trigger.unit, signal);
      if (trigger.state === 'enabled' || running.test(ActiveState)) triggers.push(trigger);
    }
    held.push({ unit, triggers });
  }
  return held;
}

/** How it could still be started; nothing where it cannot. */
async function startable({ files }: Host, { unit, state }: Trigger): Promise<Difference[]> {
  if (await isMasked(files, unit)) return [];
  if ((await files.stat(maskPath(unit))) === undefined)
    return [{ aspect: unit, found: state || 'not enabled', wanted: 'masked' }];
  return state === 'enabled' ? [{ aspect: unit, found: state, wanted: 'disabled' }] : [];
}
