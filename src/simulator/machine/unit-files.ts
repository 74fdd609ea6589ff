/** Unit files of a simulated machine: found where systemd looks for them (systemd.unit(5)), and read. */
import type { Files } from '../../host/host.ts';

const folders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

export interface UnitFile {
  readonly path: string;
  /** A link to /dev/null stands in its place. */
  readonly masked: boolean;
  readonly dropIns: readonly string[];
  /** Unit file and drop-ins, one after the other. */
  readonly text: string;
}

/** The unit with its drop-ins; undefined where there is no such unit. */
export async function findUnit(files: Files, unit: string): Promise<UnitFile | undefined> {
  for (const folder of folders) {
    const path = `${folder}/${unit}`;
    const stat = await files.stat(path);
    if (stat === undefined) continue;
    const masked = stat.target === '/dev/null';
    const dropIns = masked ? [] : await dropInsOf(files, unit);
    return { path, masked, dropIns, text: await textOf(files, { path, dropIns }) };
  }
  return undefined;
}

/** What these files hold now, one after the other; one that is gone holds nothing. */
export async function textOf(
  files: Files,
  { path, dropIns }: Pick<UnitFile, 'path' | 'dropIns'>,
): Promise<string> {
  const texts = await Promise.all([path, ...dropIns].map((each) => files.read(each)));
  return texts.map((text) => String(text ?? '')).join('\n');
}

/** The last value of `key` in a unit's text; sections are not told apart, since no key we ask for is in two. */
export function setting(text: string, key: string): string | undefined {
  const found = [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1]?.trim();
  return found === '' ? undefined : found;
}

/** Symlinks that enabling the unit makes; empty where it has no [Install] section. */
export function wantedBy(unit: string, text: string): string[] {
  return (setting(text, 'WantedBy') ?? '')
    .split(/\s+/)
    .filter((target) => target !== '')
    .map((target) => `/etc/systemd/system/${target}.wants/${unit}`);
}

/** Sockets, timers and paths that start the unit: by their name, or as they say (systemd.socket(5), systemd.timer(5)). */
export async function triggersOf(files: Files, unit: string): Promise<string[]> {
  const names = (await Promise.all(folders.map((folder) => files.list(folder)))).flat();
  const triggers = [...new Set(names)].filter((name) => /\.(socket|timer|path)$/.test(name)).sort();
  const starting = await Promise.all(
    triggers.map(async (name) => {
      const found = await findUnit(files, name);
      if (found === undefined || found.masked) return [];
      const key = name.endsWith('.socket') ? 'Service' : 'Unit';
      const started = setting(found.text, key) ?? name.replace(/\.\w+$/, '.service');
      return started === unit ? [name] : [];
    }),
  );
  return starting.flat();
}

async function dropInsOf(files: Files, unit: string): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await files.list(`${folder}/${unit}.d`);
      return names
        .filter((name) => name.endsWith('.conf'))
        .map((name) => `${folder}/${unit}.d/${name}`);
    }),
  );
  return found.flat();
}
