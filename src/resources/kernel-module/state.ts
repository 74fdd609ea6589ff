/** State of a kernel module: loaded, built in, or neither; with its parameters. */
import type { Files } from '../../host/host.ts';
import { normalised } from '../sysctl/key.ts';

export type ModuleState = 'loaded' | 'built in' | undefined;

/** modprobe takes `-` and `_` alike; the kernel shows `_` (modprobe(8)). */
export function kernelName(name: string): string {
  return name.replaceAll('-', '_');
}

export async function moduleState(files: Files, name: string): Promise<ModuleState> {
  // A module that is built in and has parameters is in /sys/module as well: asked first.
  if ((await builtin(files)).has(kernelName(name))) return 'built in';
  const loaded = await files.stat(`/sys/module/${kernelName(name)}`);
  return loaded === undefined ? undefined : 'loaded';
}

export function parameterPath(name: string, option: string): string {
  return `/sys/module/${kernelName(name)}/parameters/${option}`;
}

/** The running value of a parameter; undefined where the module does not show it. */
export async function parameter(
  files: Files,
  name: string,
  option: string,
): Promise<string | undefined> {
  const path = parameterPath(name, option);
  // Some parameters may be set but not read: there is a file without read permission, or none (sysfs).
  const bytes = await files.read(path).catch(() => undefined);
  return bytes === undefined ? undefined : normalised(bytes.toString());
}

/** True where both say the same; the kernel shows a bool as Y or N, people write 1 or 0. */
export function sameParameter(found: string, wanted: string): boolean {
  return found === wanted || (asBool(found) !== undefined && asBool(found) === asBool(wanted));
}

function asBool(value: string): boolean | undefined {
  if (/^[Yy1]$/.test(value)) return true;
  return /^[Nn0]$/.test(value) ? false : undefined;
}

/** Names in modules.builtin of the running kernel: one path of a .ko file a line. */
async function builtin(files: Files): Promise<Set<string>> {
  const release = String((await files.read('/proc/sys/kernel/osrelease')) ?? '').trim();
  const text = String((await files.read(`/lib/modules/${release}/modules.builtin`)) ?? '');
  return new Set(
    text.split('\n').map((line) => kernelName(line.replace(/^.*\//, '').replace(/\.ko.*$/, ''))),
  );
}
