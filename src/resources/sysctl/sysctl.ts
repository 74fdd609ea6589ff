/** The resource `sysctl`: kernel parameters, written through /proc/sys, read back, and persisted in sysctl.d. */
import { StepError } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import { driftOf } from '../owned.ts';
import type { Difference, Resource } from '../resource.ts';
import type { SysctlStep } from '../step.ts';
import { dropInOf, type Override, ourDropIn, overridesOf } from './drop-ins.ts';
import { moduleBehind, normalised, sysctlPath } from './key.ts';
import { whyRefused } from './refused.ts';

/**
 * Somebody else's drop-in that would win at the next boot is told by name wherever the running value is not ours, and as
 * a line of progress whenever we write. It is no difference by itself: the agent runs at every boot, after systemd-sysctl,
 * and sets its own values then, so that a file which an image brings must not fail a boot.
 */
export const sysctl: Resource<SysctlStep> = {
  async check({ settings }, { host: { files } }) {
    const differences: Difference[] = [];
    for (const [key, wanted] of Object.entries(settings)) {
      const found = await running(files, key);
      if (found !== wanted) {
        differences.push({ aspect: key, ...(found === undefined ? {} : { found }), wanted });
      }
    }
    if (differences.length > 0) {
      const overrides = await overridesOf(settings, files);
      for (const [index, difference] of differences.entries()) {
        const override = overrides.findLast(({ key }) => key === difference.aspect);
        if (override === undefined) continue;
        const wanted = `${difference.wanted} (${told(override)})`;
        differences[index] = { ...difference, wanted };
      }
    }
    const persisted = await files.read(ourDropIn);
    const dropIn = dropInOf(settings);
    if (persisted?.toString() !== dropIn) {
      const found = persisted === undefined ? {} : { found: persisted.toString() };
      differences.push({ aspect: ourDropIn, ...found, wanted: dropIn });
    }
    return driftOf(differences);
  },

  async apply({ settings }, { host: { files } }, { progress }) {
    for (const [key, wanted] of Object.entries(settings)) {
      if ((await running(files, key)) !== wanted) await set(files, key, wanted);
    }
    await files.write(ourDropIn, dropInOf(settings));
    for (const override of await overridesOf(settings, files)) {
      progress({ what: 'line', line: `warning: ${override.key}: ${told(override)}` });
    }
  },
};

async function running(files: Files, key: string): Promise<string | undefined> {
  const path = sysctlPath(key);
  const there = await files.stat(path);
  // A directory is no parameter, but a name cut short: it is told as missing.
  if (there?.type !== 'file') return undefined;
  if ((there.mode & 0o444) === 0)
    throw new StepError(
      `sysctl ${key} is no setting: ${path} may be written and never read, so that nobody can tell whether it holds. Take it out of sysctl in the role; a command there can write it`,
    );
  const bytes = await files.read(path);
  return bytes === undefined ? undefined : normalised(bytes.toString());
}

async function set(files: Files, key: string, wanted: string): Promise<void> {
  const path = sysctlPath(key);
  const there = await files.stat(path);
  if (there?.type !== 'file') {
    const module = moduleBehind(path, wanted);
    const hint =
      module === undefined
        ? 'correct the key in the role'
        : `is the kernel module missing (${module}; kernel_modules in the role)?`;
    throw new StepError(
      `wanted sysctl ${key} = ${wanted}, but this kernel has no such key (${path}); ${hint}`,
    );
  }
  try {
    await files.poke(path, `${wanted}\n`);
  } catch (error) {
    const found = await running(files, key);
    const why = whyRefused(error, { path, wanted, mode: there.mode });
    throw new StepError(
      `wanted sysctl ${key} = ${wanted}, found ${found}, and the kernel refused the change: ${why}`,
      { cause: error },
    );
  }
  const found = await running(files, key);
  if (found === wanted) return;
  throw new StepError(
    `wanted sysctl ${key} = ${wanted}, but after writing it the kernel has ${found}: it bounds or rounds the value; put ${found} into the role, or a value it takes`,
  );
}

function told({ file, line, value }: Override): string {
  return `${file} line ${line} sets ${value} at boot, after ours`;
}
