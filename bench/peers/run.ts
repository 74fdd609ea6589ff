/**
 * `npm run bench:peers [-- rounds] [--only part-of-a-name] [--verbose]`: the same work, from PID 1 to CompleteLifecycleAction, by
 * the agent and by what people would take in its place, each in a machine of the machine tests, in interleaved rounds.
 */
import { rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cloud } from '../../test/machine/cloud/cloud.ts';
import { buildImage } from '../../test/machine/image/image.ts';
import { layer } from '../../test/machine/image/layer.ts';
import { demandPrerequisites } from '../../test/machine/prerequisites.ts';
import { sweepLeftovers } from '../../test/machine/sweep.ts';
import { median } from '../measured.ts';
import { type Boot, bootOf } from './boot.ts';
import { contestants } from './contestants.ts';
import { freshDisk } from './fresh-disk.ts';
import { releaseOf64Mb, scenarioOf } from './release.ts';

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, verbose: { type: 'boolean' } },
  allowPositionals: true,
});
const rounds = Number(positionals[0] ?? 7);

demandPrerequisites();
sweepLeftovers();
const image = await buildImage({ exact: true });
const disk = freshDisk(image.folder);
const disks = disk.path;
let cloud: Cloud | undefined;
try {
  const tools = await layer(['curl', 'zstd'], [image.distribution]);
  const cli = await layer(['awscli'], [tools, image.distribution]);
  const release = await releaseOf64Mb();
  cloud = await Cloud.open(image.certificates);
  const all = contestants(release).filter(({ name }) => name.includes(values.only ?? ''));
  const boots = new Map(all.map(({ name }) => [name, [] as Boot[]]));
  let machines = 0;
  // The first round fills the page cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, contestant] of all.entries()) {
      machines += 1;
      const boot = await bootOf(contestant, machines, {
        cloud,
        scenario: scenarioOf(join(disks, `scenario-${index}`), release, contestant.userData),
        layers: [...(contestant.cli ? [cli] : []), tools, ...image.layers],
        folder: disks,
      });
      if (values.verbose) console.log(round, contestant.name, JSON.stringify(boot));
      if (round > 0) boots.get(contestant.name)?.push(boot);
    }
  }
  print(boots);
} finally {
  await cloud?.close();
  disk.remove();
  rmSync(image.folder, { recursive: true, force: true });
}

/** Medians, and how many times those of the first contestant. */
function print(boots: ReadonlyMap<string, readonly Boot[]>): void {
  const load = loadavg()
    .map((one) => one.toFixed(1))
    .join(' ');
  console.log(`Medians of ${rounds} interleaved rounds; load ${load}; x: times the first row\n`);
  const [base] = [...boots.values()].map(medians);
  const times = (value: number, of = 1) =>
    Number.isNaN(value) ? '-'.padStart(8) : `${(value / of).toFixed(2).padStart(6)} x`;
  const ms = (value: number, width: number) =>
    Number.isNaN(value) ? '-'.padStart(width + 3) : `${value.toFixed(0).padStart(width)} ms`;
  const head = ['PID 1 to hook'.padStart(19), 'CPU'.padStart(19), 'tasks', 'metadata'];
  console.log(`${''.padEnd(36)} ${head.join('  ')}  app to hook`);
  for (const [name, all] of boots) {
    const { wallMs, cpuMs, tasks, metadataRequests, afterAppMs } = medians(all);
    const cells = [
      `${ms(wallMs, 7)} ${times(wallMs, base?.wallMs)}`,
      `${ms(cpuMs, 7)} ${times(cpuMs, base?.cpuMs)}`,
      tasks.toFixed(0).padStart(5),
      metadataRequests.toFixed(0).padStart(8),
      ms(afterAppMs, 8),
    ];
    console.log(`${name.padEnd(36)} ${cells.join('  ')}`);
  }
}

function medians(boots: readonly Boot[]): Boot {
  const of = (key: keyof Boot) => median(boots.map((boot) => boot[key]));
  return {
    wallMs: of('wallMs'),
    afterAppMs: of('afterAppMs'),
    cpuMs: of('cpuMs'),
    tasks: of('tasks'),
    metadataRequests: of('metadataRequests'),
  };
}
