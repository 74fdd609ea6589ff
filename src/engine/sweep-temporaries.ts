/** Sweeping: a run that was killed may leave the temporary file of a write, which no later write has to come across. */
import { dirname } from 'node:path';
import { type Files, isTemporary } from '../host/host.ts';
import type { Step } from '../resources/step.ts';

/** Where resources write beside the paths of their steps. */
const places = [
  '/etc',
  '/etc/sysctl.d',
  '/etc/modules-load.d',
  '/etc/modprobe.d',
  '/etc/systemd/system',
];

/** Removes those in the directories that the steps of a plan write to. Nobody else may be writing there. */
export async function sweepTemporaries(files: Files, steps: readonly Step[]): Promise<void> {
  const directories = new Set([...places, ...steps.flatMap(directoriesOf)]);
  for (const directory of directories) {
    const names = (await files.list(directory)).filter(isTemporary);
    for (const name of names) await files.remove(`${directory}/${name}`);
  }
}

function directoriesOf(step: Step): string[] {
  if (step.kind === 'file' || step.kind === 'artifact') return [dirname(step.path)];
  return step.kind === 'service' ? [`/etc/systemd/system/${step.unit}.d`] : [];
}
