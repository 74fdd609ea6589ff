/** Kernel settings that all classes of an image agree on: systemd sets them at the start of every node, whatever its class. */
import type { KernelModuleStep, SysctlStep } from '../resources/step.ts';
import type { Agreed, Left, SampledClass } from './agreed.ts';

export function agreedSysctl(classes: readonly SampledClass[]): Agreed {
  const each = samplesOf(classes, (steps) =>
    steps.flatMap((step) => (step.kind === 'sysctl' ? Object.entries(step.settings) : [])),
  );
  const { agreed, left } = inAll(each, 'sysctl');
  if (agreed.size === 0) return { steps: [], left };
  const settings = Object.fromEntries(agreed);
  const step: SysctlStep = {
    kind: 'sysctl',
    id: 'sysctl',
    needs: [],
    from: 'sysctl',
    settings,
  };
  return { steps: [step], left };
}

export function agreedKernelModules(classes: readonly SampledClass[]): Agreed {
  const each = samplesOf(classes, (steps) =>
    steps.flatMap((step) =>
      step.kind === 'kernel-module'
        ? step.modules.map((module): [string, string] => [module.name, JSON.stringify(module)])
        : [],
    ),
  );
  const { agreed, left } = inAll(each, 'kernel module');
  if (agreed.size === 0) return { steps: [], left };
  const step: KernelModuleStep = {
    kind: 'kernel-module',
    id: 'kernel-modules',
    needs: [],
    from: 'kernel_modules',
    modules: [...agreed.values()].map((text) => JSON.parse(text)),
  };
  return { steps: [step], left };
}

type Steps = SampledClass['samples'][0];

function samplesOf(
  classes: readonly SampledClass[],
  entries: (steps: Steps) => readonly (readonly [string, string])[],
): ReadonlyMap<string, string>[] {
  return classes.flatMap(({ samples }) => samples.map((steps) => new Map(entries(steps))));
}

function inAll(
  each: readonly ReadonlyMap<string, string>[],
  what: string,
): { agreed: ReadonlyMap<string, string>; left: Left[] } {
  const keys = [...new Set(each.flatMap((one) => [...one.keys()]))];
  const agreed = new Map<string, string>();
  const left: Left[] = [];
  for (const key of keys) {
    const values = new Set(each.map((one) => one.get(key)));
    const [value] = values;
    if (values.size === 1 && value !== undefined) agreed.set(key, value);
    else left.push({ what: `${what} ${key}`, because: 'not all nodes want it, or not the same' });
  }
  return { agreed, left };
}
