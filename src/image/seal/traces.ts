/** What happened while the image was made: logs, caches, temporary files. */
import { type Cleaner, removing } from './cleaner.ts';
import { filesBelow } from './matching.ts';
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

/**
 * The script that runs this very command may be among them, put there by Packer: who has a file open reads on in it, and
 * Packer removes by `rm -f` what is gone then.
 */
const temporary = removing('temporary file', ['/tmp/*', '/tmp/.*', '/var/tmp/*', '/var/tmp/.*']);

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
