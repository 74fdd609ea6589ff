/** `npm run bench`: start-up and a whole rehearsed boot, each beside an empty Node script, in interleaved rounds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startsOfBoot } from './in-namespace.ts';
import { measured, median, type Run } from './measured.ts';

const rounds = Number(process.argv[2] ?? 9);
const agent = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-bench-'));
const emptyScript = join(folder, 'empty.mjs');
writeFileSync(emptyScript, '');

const starts = await startsOfBoot(rounds);
const empty: Run[] = [];
const planned: Run[] = [];
const booted: Run[] = [];
for (let round = 0; round <= rounds; round += 1) {
  const nothing = await measured([emptyScript]);
  const plan = await measured([agent, 'dry-run', 'tomcat']);
  const boot = await measured([agent, 'rehearse', 'tomcat']);
  for (const run of [plan, boot])
    if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}`);
  // The first round warms the page cache.
  if (round === 0) continue;
  empty.push(nothing);
  planned.push(plan);
  booted.push(boot);
}
rmSync(folder, { recursive: true });

const base = {
  wall: median(empty.map((run) => run.wallMs)),
  cpu: median(empty.map((run) => run.cpuMs)),
  rss: median(empty.map((run) => run.peakMb)),
};
const cell = (value: number, over: number, unit: string) =>
  `${value.toFixed(0).padStart(6)} ${unit} ${(value / over).toFixed(2).padStart(6)} x`;
const row = (name: string, runs: readonly Run[]) =>
  [
    name.padEnd(46),
    cell(median(runs.map((run) => run.wallMs)), base.wall, 'ms'),
    cell(median(runs.map((run) => run.cpuMs)), base.cpu, 'ms'),
    cell(median(runs.map((run) => run.peakMb)), base.rss, 'MB'),
  ].join('  ');

console.log(
  `Medians of ${rounds} interleaved rounds, Node ${process.version}; x: times the empty script\n`,
);
console.log(
  `${''.padEnd(46)}  ${'wall'.padStart(18)}  ${'CPU'.padStart(18)}  ${'peak memory'.padStart(18)}`,
);
console.log(row('empty Node script, start to exit', empty));
// Beside the empty script of its own rounds, in the same folders.
const emptyWall = median(starts.empty.map((run) => run.wallMs));
for (const [name, all] of [
  ['boot, start to first metadata request', starts.warm],
  ['the same, nothing compiled yet', starts.cold],
] as const)
  console.log(`${name.padEnd(46)}  ${cell(median(all), emptyWall, 'ms')}`);
console.log(row('agent dry-run tomcat (simulator included)', planned));
console.log(row('agent rehearse tomcat (simulator included)', booted));
