/** The simulated kernel: its parameters below /proc/sys, which refuse and bound what they are told to. */
import { fileError } from '../../host/file-errors.ts';
import type { MachineDescription, SysctlDescription } from './description.ts';
import { usualSysctl } from './usual-sysctl.ts';

export class Kernel {
  readonly #keys = new Map<string, Exclude<SysctlDescription, null>>();

  constructor(description: MachineDescription) {
    for (const [key, value] of Object.entries(usualSysctl)) this.#keys.set(pathOf(key), value);
    for (const [key, value] of Object.entries(description.sysctl ?? {})) {
      if (value === null) this.#keys.delete(pathOf(key));
      else this.#keys.set(pathOf(key), value);
    }
  }

  /** Files below /proc/sys as they are when the kernel starts. */
  seeds(): [path: string, content: string][] {
    return [...this.#keys].map(([path, value]) => [path, shown(initial(value))]);
  }

  /** A key that a module brings: its path and first content. */
  add(key: string, value: Exclude<SysctlDescription, null>): [path: string, content: string] {
    this.#keys.set(pathOf(key), value);
    return [pathOf(key), shown(initial(value))];
  }

  /** What the file at `path` holds after `text` was written into it. Throws StepError where the kernel would refuse. */
  accepted(path: string, text: string): string {
    const key = this.#keys.get(path);
    if (typeof key !== 'object') return shown(text);
    if (key.readonly) throw refusal(path, 'EACCES');
    if (key.known !== undefined && !key.known.includes(text.trim())) throw refusal(path, 'ENOENT');
    const { min = -Infinity, max = Infinity } = key.clamp ?? {};
    if (key.clamp === undefined || Number.isNaN(Number(text))) return shown(text);
    return shown(String(Math.min(max, Math.max(min, Number(text)))));
  }
}

/** As the host tells what a write of the real kernel's came to. */
function refusal(path: string, code: string): Error {
  return fileError(Object.assign(new Error('simulated'), { code }), 'write', path, path);
}

function initial(value: Exclude<SysctlDescription, null>): string {
  return String(typeof value === 'object' ? value.value : value);
}

function shown(value: string): string {
  return `${value.trim().split(/\s+/).join('\t')}\n`;
}

function pathOf(key: string): string {
  return `/proc/sys/${key.includes('/') ? key : key.replaceAll('.', '/')}`;
}
