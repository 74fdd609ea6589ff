/** The resource `service`: a systemd unit with its files, enabled and started as wanted, restarted or reloaded when what it needs changed. */
import { ConfigError, StepError } from '../../errors.ts';
import { driftOf } from '../owned.ts';
import { failureOf } from '../programs.ts';
import type { Difference, Effort, Resource, World } from '../resource.ts';
import type { ServiceStep } from '../step.ts';
import { lastWords } from './last-words.ts';
import { isMasked, maskPath } from './mask-link.ts';
import { forgetTriggers, notedTriggers, type Trigger } from './triggers.ts';
import { endsByItself, isActive, showUnit, stateOf, type Unit, waitsForAgent } from './unit.ts';
import { fileDifference, wantedFiles, writeFile } from './unit-files.ts';

export const service: Resource<ServiceStep> = {
  async check(step, world, { stale, signal }) {
    const unit = await showUnit(world.host, step.unit, signal);
    const differences: Difference[] = [];
    for (const file of wantedFiles(step)) {
      const difference = await fileDifference(file, world);
      if (difference !== undefined) differences.push(difference);
    }
    if (unit.NeedDaemonReload === 'yes') {
      const found = 'older than the files of the unit';
      differences.push({ aspect: 'loaded', found, wanted: 'as on disk' });
    }
    // A bake masks what must not start before the agent has done its work. What shall not run may stay so.
    if ((step.enable || step.state === 'started') && (await isMasked(world.host.files, step.unit)))
      differences.push({ aspect: 'mask', found: 'masked', wanted: 'not masked' });
    const held = step.state === 'started' ? await notedTriggers(world.host.files, step.unit) : [];
    for (const { unit: wanted } of held)
      differences.push({ aspect: 'trigger', found: 'held back', wanted });
    const enabled = isEnabled(unit);
    if (enabled !== step.enable) {
      const found = unit.UnitFileState || 'not enabled';
      differences.push({ aspect: 'enabled', found, wanted: step.enable ? 'enabled' : 'disabled' });
    }
    const ran = endsByItself(unit) && (await world.host.files.stat(ranNote(step))) !== undefined;
    const due = (await world.host.files.stat(dueNote(step))) !== undefined;
    if ((isActive(unit) || ran) !== (step.state === 'started')) {
      differences.push({ aspect: 'state', found: stateOf(unit), wanted: step.state });
    } else if (step.state === 'started' && (stale || due)) {
      const found = 'started before what it needs changed';
      const restart = stale === true || due;
      differences.push(
        restart
          ? { aspect: 'restart', found, wanted: 'restarted' }
          : { aspect: 'reload', found, wanted: 'reloaded' },
      );
    } else if (due) {
      differences.push({
        aspect: 'loaded',
        found: 'perhaps older than its files',
        wanted: 'as on disk',
      });
    }
    return driftOf(differences);
  },

  async apply(step, world, effort) {
    const { files } = world.host;
    const { drift, stale } = effort;
    const differs = (...aspects: string[]) =>
      drift.differences.some(({ aspect }) => aspects.includes(aspect));
    const rewritten = differs('unit file', 'drop-in');
    const restart = step.state === 'started' && (stale === true || rewritten || differs('restart'));
    const interrupted = (await files.stat(dueNote(step))) !== undefined;
    // Noted first: an agent killed between the new files and the restart leaves a unit that looks right and is not.
    if (rewritten || restart) await files.write(dueNote(step), '', { mode: 0o600 });
    // The mask is where a unit file of our own goes.
    if (differs('mask')) await files.remove(maskPath(step.unit));
    for (const file of wantedFiles(step)) {
      if (differs(file.aspect)) await writeFile(file, world);
    }
    const held = differs('trigger') ? await notedTriggers(files, step.unit) : [];
    for (const { unit } of held)
      if (await isMasked(files, unit)) await files.remove(maskPath(unit));
    const sure = differs('loaded', 'trigger') || interrupted || !onlyNew(drift.differences);
    const unit = await loadedUnit(step, world, effort, sure);
    // Behind its mask a unit may be enabled or not: that is known only now.
    const unmasked = differs('mask') && isEnabled(unit) !== step.enable;
    if (differs('enabled') || unmasked) await setEnabled(step, world, effort);
    if (step.state === 'stopped') {
      if (differs('state')) await systemctl(step, world, effort, 'stop', step.unit);
      await files.remove(ranNote(step));
    } else {
      await bringBack(held, step, world, effort);
      const running = restart ? 'restart' : differs('reload') ? 'reload' : 'leave';
      await start(step, unit, world, effort, running);
    }
    if (held.length > 0) await forgetTriggers(files, step.unit);
    await files.remove(dueNote(step));
  },

  // systemctl is satisfied with a service that ends right after its start (Type=simple).
  explain: whatItSaid,
};

/** Its files were or will be written, and it has to be loaded and restarted. Below /run: a boot does both by itself. */
function dueNote({ unit }: ServiceStep): string {
  return `/run/bootstrap-agent/restart/${unit}`;
}

/** systemd forgets a oneshot unit as soon as it has ended; that it ran in this boot is ours to remember. */
function ranNote({ unit }: ServiceStep): string {
  return `/run/bootstrap-agent/ran/${unit}`;
}

/**
 * The unit as it is once its files are loaded: after a reload where it is sure that one is needed, or where systemd says so.
 */
async function loadedUnit(
  step: ServiceStep,
  world: World,
  effort: Effort,
  sure: boolean,
): Promise<Unit> {
  if (!sure) {
    const unit = await showUnit(world.host, step.unit, effort.signal);
    // A unit that nothing refers to is read again each time, so that a mask that is gone needs no reload.
    if (unit.NeedDaemonReload !== 'yes' && unit.LoadState !== 'masked') return unit;
  }
  await systemctl(step, world, effort, 'daemon-reload');
  return showUnit(world.host, step.unit, effort.signal);
}

/**
 * True where nothing was written but a unit file that was not there before. systemd 252 reads that one when it is asked
 * for it, and a reload, which reads every unit and runs the generators again, can be spared: a tenth of a second and
 * more. Not so for a drop-in in a new folder, which it overlooks and does not even report by NeedDaemonReload.
 */
function onlyNew(differences: readonly Difference[]): boolean {
  return differences
    .filter(({ aspect }) => aspect === 'unit file' || aspect === 'drop-in')
    .every(({ aspect, found }) => aspect === 'unit file' && found === undefined);
}

function isEnabled({ UnitFileState }: Unit): boolean {
  return ['enabled', 'enabled-runtime', 'alias'].includes(UnitFileState);
}

async function setEnabled(step: ServiceStep, world: World, effort: Effort): Promise<void> {
  await systemctl(step, world, effort, step.enable ? 'enable' : 'disable', step.unit);
  if (!step.enable) return;
  const unit = await showUnit(world.host, step.unit, effort.signal);
  if (isEnabled(unit)) return;
  throw new StepError(
    `wanted ${step.unit} enabled, found it ${unit.UnitFileState}: it has no [Install] section; add WantedBy=multi-user.target to the unit, or set enable: false in the role (${step.from})`,
  );
}

async function start(
  step: ServiceStep,
  unit: Unit,
  world: World,
  effort: Effort,
  running: 'restart' | 'reload' | 'leave',
): Promise<void> {
  if (unit.LoadState === 'not-found') {
    throw new StepError(
      `wanted ${step.unit} started, found no such unit: name the package that brings it, or give the unit in the role (${step.from})`,
    );
  }
  const agent = waitsForAgent(unit);
  if (agent !== undefined) {
    throw new ConfigError(
      `${step.unit} can never start: it is ordered after ${agent}, and so waits for the agent, which would wait for it. Take After=${agent} out of the unit or its drop-ins (systemctl cat ${step.unit}); the agent starts it in the right order by itself (${step.from})`,
    );
  }
  // After several failures in a row systemd refuses to start it at all (StartLimitBurst=).
  if (unit.ActiveState === 'failed') {
    await systemctl(step, world, effort, 'reset-failed', step.unit);
  }
  if (isActive(unit) && running === 'leave') return;
  if (isActive(unit) && running === 'reload') {
    await systemctl(step, world, effort, 'reload', step.unit);
    return;
  }
  // restart starts what does not run.
  await systemctl(step, world, effort, running === 'restart' ? 'restart' : 'start', step.unit);
  if (unit.Type === 'oneshot') await world.host.files.write(ranNote(step), '', { mode: 0o600 });
}

/** What would start the service later, as it was before a pool or an image held it back. Before the service: it takes its socket. */
async function bringBack(
  held: readonly Trigger[],
  step: ServiceStep,
  world: World,
  effort: Effort,
): Promise<void> {
  const enabled = held.filter(({ state }) => state === 'enabled').map(({ unit }) => unit);
  if (enabled.length > 0) await systemctl(step, world, effort, 'enable', ...enabled);
  if (held.length > 0)
    await systemctl(step, world, effort, 'start', ...held.map(({ unit }) => unit));
}

async function systemctl(
  step: ServiceStep,
  world: World,
  effort: Effort,
  verb: string,
  ...units: readonly string[]
): Promise<void> {
  const { timeoutSeconds } = step;
  const options = { timeoutSeconds, signal: effort.signal };
  const finished = await world.host.run(['systemctl', verb, '--', ...units], options);
  if (finished.exitCode === 0 && !finished.timedOut) return;
  const what = units.join(', ') || step.unit;
  const message = failureOf(world.redactor, `${verb} ${what}`, finished, options);
  if (!/start$/.test(verb)) throw new StepError(message);
  throw new StepError(`${message}\n${await whatItSaid(step, world, effort.signal)}`);
}

/** Why it did not start: the unit's result and the last lines of its journal. */
async function whatItSaid(
  { unit: name }: ServiceStep,
  { host, redactor }: World,
  signal: AbortSignal,
): Promise<string> {
  const unit = await showUnit(host, name, signal);
  const state = `Result=${unit.Result} ExecMainStatus=${unit.ExecMainStatus}`;
  return redactor.text(
    `${name} is ${stateOf(unit)}: ${state}\n${await lastWords(host, [name], signal)}`,
  );
}
