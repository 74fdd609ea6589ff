/** Drop-ins of sysctl.d(5): ours, and which of somebody else's would win over it at the next boot. */
import type { Files } from '../../host/host.ts';
import { normalised, sysctlPath } from './key.ts';

export const ourDropIn = '/etc/sysctl.d/60-bootstrap-agent.conf';

/** Highest first: a name in one of them hides the same name in those after it. */
const folders = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
];

/** The content of our drop-in: sorted, so that the same settings are the same bytes. */
export function dropInOf(settings: Readonly<Record<string, string>>): string {
  const lines = Object.keys(settings)
    .sort()
    .map((key) => `${key} = ${settings[key]}\n`);
  return `# Written by bootstrap-agent from the role of this node: change the role instead.\n${lines.join('')}`;
}

export interface Override {
  readonly key: string;
  readonly file: string;
  readonly line: number;
  readonly value: string;
}

/**
 * Lines of others that systemd-sysctl(8) would apply after ours, and that say something else: files with a later name, in
 * whichever folder, and /etc/sysctl.conf, which procps applies last of all.
 */
export async function overridesOf(
  settings: Readonly<Record<string, string>>,
  files: Files,
): Promise<Override[]> {
  const overrides: Override[] = [];
  for (const file of await filesAfterOurs(files)) {
    const text = String((await files.read(file)) ?? '');
    for (const [index, line] of text.split('\n').entries()) {
      const found = /^\s*-?([^#;=\s]+)\s*=\s*(.*)$/.exec(line);
      if (found === null) continue;
      const [, pattern = '', value = ''] = found;
      for (const [key, ours] of Object.entries(settings)) {
        if (!matches(pattern, key) || normalised(value) === ours) continue;
        overrides.push({ key, file, line: index + 1, value: normalised(value) });
      }
    }
  }
  return overrides;
}

async function filesAfterOurs(files: Files): Promise<string[]> {
  const ours = ourDropIn.slice(ourDropIn.lastIndexOf('/') + 1);
  const byName = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await files.list(folder)) {
      if (!name.endsWith('.conf') || name <= ours || byName.has(name)) continue;
      byName.set(name, `${folder}/${name}`);
    }
  }
  const sorted = [...byName].sort(([one], [other]) => (one < other ? -1 : 1));
  // Debian links /etc/sysctl.d/99-sysctl.conf to it: then it is there already.
  const linked = byName.has('99-sysctl.conf');
  return [...sorted.map(([, path]) => path), ...(linked ? [] : ['/etc/sysctl.conf'])];
}

/** `net.ipv4.conf.*.rp_filter` stands for one component (glob(7)); a key of its own stands for itself. */
function matches(pattern: string, key: string): boolean {
  const components = sysctlPath(pattern).split('*').map(literal).join('[^/]*');
  return new RegExp(`^${components}$`).test(sysctlPath(key));
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
