/**
 * The kernel as a machine sees it. It is the host's, so what belongs to the whole kernel must not be written: such
 * parameters are plain files here, as large as an instance's, and go back to their defaults when the power goes on. What
 * belongs to the network namespace (net.*) is real.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';

const folder = '/var/lib/machine-test/proc';

/** The kernel's own defaults. */
const parameters: Readonly<Record<string, string>> = {
  'sys/vm/swappiness': '60',
  'sys/vm/max_map_count': '65530',
  'sys/vm/vfs_cache_pressure': '100',
  'sys/vm/overcommit_memory': '0',
  'sys/kernel/panic': '0',
};
const modules = ['kernel/net/ipv4/tcp_bbr.ko', 'kernel/net/sched/sch_fq.ko'];
/** A t3.small: what roles size their services by. */
const memoryKib = 1_958_912;

const hugePages = '/sys/kernel/mm/transparent_hugepage/enabled';

/**
 * Sources of binds below /proc are paths in the machine's own root, all others are paths of the host (systemd-nspawn of
 * version 252). No machine may write below /sys: huge pages are as the role wants them, whatever the host has.
 */
export const bindsOf = (root: string): readonly string[] => [
  ...Object.keys(parameters).map((name) => `--bind=${folder}/${name}:/proc/${name}`),
  `--bind-ro=${folder}/meminfo:/proc/meminfo`,
  ...(existsSync(hugePages) ? [`--bind-ro=${join(root, folder, 'hugepages')}:${hugePages}`] : []),
];

/** Modules of a kernel that has them built in: the host's may have none at all. */
export function writeKernel(root: string): void {
  put(join(root, 'usr/lib/modules', release(), 'modules.builtin'), `${modules.join('\n')}\n`);
  put(join(root, folder, 'hugepages'), 'always [madvise] never\n');
  put(
    join(root, folder, 'meminfo'),
    `MemTotal:        ${memoryKib} kB\nMemFree:         1500000 kB\nMemAvailable:    1600000 kB\nBuffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n`,
  );
}

/** What a power-on brings back. */
export function resetKernel(root: string): void {
  for (const [name, value] of Object.entries(parameters))
    put(join(root, folder, name), `${value}\n`);
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
