/** `npm run bench`: start-up and a whole rehearsed boot, each beside an empty Node script, in interleaved rounds. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured, median, type Run } from './measured.ts';

const rounds = Number(process.argv[2] ?? 9);
const agent = fileURLToPath(new URL('../dist/main.cjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-bench-'));
const emptyScript = join(folder, 'empty.mjs');
writeFileSync(emptyScript, '');

// A metadata service that notes when the first request comes, and switches metadata off, so that the agent ends there.
let firstRequestAt = 0;
const metadata = createServer((_, response) => {
  if (firstRequestAt === 0) firstRequestAt = performance.now();
  response.writeHead(403).end();
}).listen(0, '127.0.0.1');
await once(metadata, 'listening');
const endpoint = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;

const empty: Run[] = [];
const firstRequest: number[] = [];
const planned: Run[] = [];
const booted: Run[] = [];
for (let round = 0; round <= rounds; round += 1) {
  const nothing = await measured([emptyScript]);
  firstRequestAt = 0;
  const start = await measured([agent, 'dry-run', '--on-instance'], {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint,
  });
  const plan = await measured([agent, 'dry-run', 'tomcat']);
  const boot = await measured([agent, 'rehearse', 'tomcat']);
  for (const run of [plan, boot])
    if (run.exitCode !== 0) throw new Error(`exit code ${run.exitCode}`);
  if (firstRequestAt === 0) throw new Error('no metadata request came');
  // The first round warms the page cache.
  if (round === 0) continue;
  empty.push(nothing);
  firstRequest.push(firstRequestAt - start.startedAt);
  planned.push(plan);
  booted.push(boot);
}
metadata.close();
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
console.log(
  `${'agent, start to first metadata request'.padEnd(46)}  ${cell(median(firstRequest), base.wall, 'ms')}`,
);
console.log(row('agent dry-run tomcat (simulator included)', planned));
console.log(row('agent rehearse tomcat (simulator included)', booted));
