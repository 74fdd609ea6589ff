/**
 * `npm run bench [-- rounds] [--check]`: start-up and a whole rehearsed boot, each beside an empty Node script, in interleaved
 * rounds; whole boots of the program that systemd runs, with AWS in another process; what a step costs in plans of growing
 * size; and `agent watch` at rest beside an idle Node process. With --check it ends with 1 where a ratio is over
 * bench/budget.yaml.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkedRatios } from './budget.ts';
import { startsOfBoot, wholeBoots } from './in-namespace.ts';
import { measured, median, type Run } from './measured.ts';
import { costsPerStep } from './plans.ts';
import { linesOf, watchAtRest } from './watch-at-rest.ts';

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const rounds = Number(positionals[0] ?? 9);
/** Long enough for the watch to have come to rest, and for a look every five seconds. */
const [settleSeconds, windowSeconds] = [10, 20];
const agent = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-bench-'));
const emptyScript = join(folder, 'empty.mjs');
writeFileSync(emptyScript, '');

const starts = await startsOfBoot(rounds);
const boots = await wholeBoots(rounds);
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

const mediansOf = (runs: readonly Run[]) => ({
  wall: median(runs.map((run) => run.wallMs)),
  cpu: median(runs.map((run) => run.cpuMs)),
  rss: median(runs.map((run) => run.peakMb)),
});
const base = mediansOf(empty);
const cell = (value: number, over: number, unit: string) =>
  `${value.toFixed(0).padStart(6)} ${unit} ${(value / over).toFixed(2).padStart(6)} x`;
const row = (name: string, runs: readonly Run[], over = base) =>
  [
    name.padEnd(46),
    cell(median(runs.map((run) => run.wallMs)), over.wall, 'ms'),
    cell(median(runs.map((run) => run.cpuMs)), over.cpu, 'ms'),
    cell(median(runs.map((run) => run.peakMb)), over.rss, 'MB'),
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
// These, too, beside the empty script of their own rounds.
const baseOfBoots = mediansOf(boots.empty);
console.log(row('boot.cjs, first boot, a release of 3 MB', boots.first, baseOfBoots));
console.log(row('boot.cjs again, nothing to change', boots.second, baseOfBoots));
console.log(row('agent dry-run tomcat (simulator included)', planned));
console.log(row('agent rehearse tomcat (simulator included)', booted));

const costs = await costsPerStep(rounds);
console.log(
  '\nA plan of so many steps, microseconds a step: to make it, and to run it on steps that take no time',
);
for (const { steps, planning, running } of costs)
  console.log(
    `${String(steps).padStart(7)} steps  ${planning.toFixed(0).padStart(6)} us  ${running.toFixed(0).padStart(6)} us`,
  );

const rest = await watchAtRest(settleSeconds, windowSeconds);
console.log(`\nAt rest for ${windowSeconds} s: resident memory, CPU, threads woken`);
console.log(linesOf(rest).join('\n'));

if (values.check) {
  const [thousand, fiveThousand] = [1000, 5000].map((size) =>
    costs.find(({ steps }) => steps === size),
  );
  const growth = (what: 'planning' | 'running') =>
    (fiveThousand?.[what] ?? Number.NaN) / (thousand?.[what] ?? Number.NaN);
  const { lines, within } = checkedRatios({
    'boot to first request': median(starts.warm) / emptyWall,
    'boot to first request, nothing compiled': median(starts.cold) / emptyWall,
    'CPU of a second boot': mediansOf(boots.second).cpu / baseOfBoots.cpu,
    'memory of a boot': mediansOf(boots.first).rss / baseOfBoots.rss,
    'memory of a rehearsed boot': median(booted.map((run) => run.peakMb)) / base.rss,
    'planning, growth': growth('planning'),
    'engine, growth': growth('running'),
    'watch memory': rest.watch.residentMb / rest.idle.residentMb,
  });
  console.log(`\n${lines.join('\n')}`);
  process.exitCode = within ? 0 : 1;
}
