/** What happened while the image was made: logs, caches, temporary files. */
import type { Files } from '../../host/host.ts';
import { type Cleaner, removed, removing } from './cleaner.ts';
import { filesBelow, matching } from './matching.ts';
import type { Remnant } from './remnant.ts';

/**
 * Files go and folders stay, with the owners that packages gave them. A log that its service could not make again, since
 * the folder is not its own, is emptied.
 */
const logs: Cleaner = async (files) => {
  const remnants: Remnant[] = [];
  for (const path of await filesBelow(files, '/var/log')) {
    const stat = await files.stat(path);
    if (stat === undefined || stat.type === 'symlink') continue;
    const folder = await files.stat(path.slice(0, path.lastIndexOf('/')));
    const rotated = /\.(\d+|gz|xz|zst|old)$/.test(path);
    const stays = !rotated && stat.type === 'file' && ![folder?.owner, 'root'].includes(stat.owner);
    if (stays && stat.size === 0) continue;
    const bytes = stat.type === 'file' ? stat.size : 0;
    remnants.push({ path, what: 'log', bytes, end: { kind: stays ? 'empty' : 'remove' } });
  }
  return remnants;
};

/** The script that runs this very command lies there, put there by Packer, which removes it itself. */
const temporary: Cleaner = async (files) => {
  const running = await commandLinesAbove(files);
  const found = await Promise.all(
    ['/tmp/*', '/tmp/.*', '/var/tmp/*', '/var/tmp/.*'].map((each) => matching(files, each)),
  );
  const paths = [...new Set(found.flat())].filter(
    (path) => !running.some((line) => line.includes(path)),
  );
  return Promise.all(paths.map((path) => removed(files, path, 'temporary file')));
};

/** Command lines of the processes that this one was started by, up to the first, from proc(5). */
async function commandLinesAbove(files: Files): Promise<string[]> {
  const lines: string[] = [];
  let process = 'self';
  for (let hops = 0; hops < 64; hops += 1) {
    lines.push(String((await files.read(`/proc/${process}/cmdline`)) ?? '').replaceAll('\0', ' '));
    const status = String((await files.read(`/proc/${process}/status`)) ?? '');
    const parent = /^PPid:\s+([1-9]\d*)$/m.exec(status)?.[1];
    if (parent === undefined) break;
    process = parent;
  }
  return lines;
}

export const traces: readonly Cleaner[] = [
  // With its folders, which have the machine id as their name.
  removing('journal', ['/var/log/journal/*']),
  logs,
  removing('records of logins, crashes and mail', [
    '/var/lib/lastlog/*',
    '/var/lib/wtmpdb/*',
    '/var/lib/systemd/coredump/*',
    '/var/crash/*',
    '/var/mail/*',
    '/var/spool/mail/*',
    '/var/lib/logrotate/*status*',
    '/var/lib/logrotate.status',
  ]),
  // apt fetches its lists again when a boot wants a package that the image lacks.
  removing(
    'lists and archives of packages',
    [
      '/var/lib/apt/lists/*',
      '/var/lib/apt/periodic/*',
      '/var/cache/apt/archives/*.deb',
      '/var/cache/apt/archives/partial/*',
      '/var/cache/apt/*.bin',
      '/var/cache/debconf/*-old',
      '/var/lib/dpkg/*-old',
      '/var/cache/dnf/*',
      '/var/cache/yum/*',
    ],
    new Set(['partial', 'auxfiles', 'lock']),
  ),
  temporary,
];
