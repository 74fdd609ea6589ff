/** The resource `mask`: units that must not start by themselves. A mask is a link to /dev/null in place of the unit (systemd.unit(5)). */

import { StepError } from '../errors.ts';
import { driftOf } from './owned.ts';
import { failureOf } from './programs.ts';
import type { Difference, Resource, World } from './resource.ts';
import { isMasked, maskPath, maskTarget } from './service/mask-link.ts';
import type { MaskStep } from './step.ts';

/** What systemctl says of a unit that is not there to be stopped, after the Linux Standard Base: "program is not installed". */
const notLoaded = 5;

/**
 * A check reads one link a unit and runs nothing. Whether a unit is there does not matter: a package that comes later
 * must not start it either.
 */
export const mask: Resource<MaskStep> = {
  async check({ units }, { host: { files } }) {
    const masked = await Promise.all(units.map((unit) => isMasked(files, unit)));
    const open = units.filter((_, index) => !masked[index]);
    return driftOf(open.map((unit): Difference => ({ aspect: unit, wanted: 'masked' })));
  },

  async apply(_step, world, { drift, signal }) {
    const units = drift.differences.map(({ aspect }) => aspect);
    const running = await systemdRuns(world);
    // Before there is a link that anybody's reload could see: a timer whose service vanishes while it runs counts as failed.
    if (running) await systemctl(['stop', '--', ...units], world, signal);
    for (const unit of units) await world.host.files.link(maskPath(unit), maskTarget);
    if (running) await systemctl(['daemon-reload'], world, signal);
  },
};

/** Not so in a chroot or a container, where an image may be made: the link alone is the whole work there (sd_booted(3)). */
export async function systemdRuns({ host: { files } }: World): Promise<boolean> {
  return (await files.stat('/run/systemd/system'))?.type === 'directory';
}

async function systemctl(
  words: readonly string[],
  { host, redactor }: World,
  signal: AbortSignal,
): Promise<void> {
  // Longer than most units may take to stop (DefaultTimeoutStopSec= is 90 s).
  const options = { signal, timeoutSeconds: 120 };
  const finished = await host.run(['systemctl', ...words], options);
  if (!finished.timedOut && [0, notLoaded].includes(finished.exitCode)) return;
  throw new StepError(failureOf(redactor, `${words[0]} what is masked`, finished, options));
}
