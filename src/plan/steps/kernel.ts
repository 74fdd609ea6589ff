/** Steps of the kernel: one for all modules, one for all parameters. */
import type { KernelModuleStep, SysctlStep } from '../../resources/step.ts';
import type { FilledRole } from '../../roles/filled-role.ts';

export function kernelModuleSteps({ document }: FilledRole): KernelModuleStep[] {
  const modules = Object.entries(document.kernel_modules).map(([name, { options }]) => ({
    name,
    options: Object.fromEntries(
      Object.entries(options ?? {}).map(([key, value]) => [key, String(value)]),
    ),
  }));
  if (modules.length === 0) return [];
  return [
    { kind: 'kernel-module', id: 'kernel-modules', needs: [], from: 'kernel_modules', modules },
  ];
}

export function sysctlSteps({ document }: FilledRole): SysctlStep[] {
  const settings = Object.fromEntries(
    Object.entries(document.sysctl).map(([key, value]) => [key, oneBlank(String(value))]),
  );
  if (Object.keys(settings).length === 0) return [];
  return [{ kind: 'sysctl', id: 'sysctl', needs: [], from: 'sysctl', settings }];
}

/** /proc/sys separates the fields of a value by tabs; people write blanks. */
function oneBlank(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}
