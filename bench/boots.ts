/** Inside the folders of an instance (in-namespace.ts): first boots of the whole agent, and second ones that find nothing to change. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { shippedScenarios } from '../src/commands/simulated.ts';
import type { FlightRecord } from '../src/engine/flight-record.ts';
import { loadScenario } from '../src/simulator/scenario/load-scenario.ts';
import { startSimulation } from '../src/simulator/simulation.ts';
import { measured, type Run } from './measured.ts';

export interface Boots {
  readonly empty: Run[];
  /** With compiled code there, as in an image; the release is fetched and unpacked. */
  readonly first: Run[];
  /** Of the same node, which is as its class wants it. */
  readonly second: Run[];
}

const rounds = Number(process.argv[2]);
const here = join(import.meta.dirname, 'boots');
const latest = '/var/lib/bootstrap-agent/reports/latest.json';
const program = '/opt/bootstrap-agent/dist/boot.cjs';
const emptyScript = '/run/empty.cjs';
writeFileSync(emptyScript, '');
for (const name of ['systemctl', 'systemd-notify'])
  copyFileSync(join(here, 'systemctl'), `/usr/local/sbin/${name}`);

// The application is there from the start: what is measured is the agent.
const application = createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1');
await once(application, 'listening');

const folder = mkdtempSync('/run/scenario-');
const archive = join(folder, 'release.tar.zst');
// The repository's own sources: some hundreds of text files.
execFileSync('tar', ['-c', '--zstd', '-f', archive, '-C', resolve(here, '../..'), 'src', 'docs']);
symlinkSync(join(here, 'scenario.yaml'), join(folder, 'scenario.yaml'));
mkdirSync('/etc/bootstrap-agent/roles', { recursive: true });
writeFileSync('/etc/bootstrap-agent/roles/bench.yaml', role());

const results: Boots = { empty: [], first: [], second: [] };
for (let round = 0; round <= rounds; round += 1) {
  for (const path of [
    '/var/lib/bootstrap-agent',
    '/srv',
    '/run/bootstrap-agent',
    '/var/cache/bootstrap-agent/sha256',
  ])
    for (const name of namesIn(path)) rmSync(join(path, name), { recursive: true });
  for (const name of [
    '/etc/sysctl.d',
    '/etc/shop.conf',
    '/run/shop.conf',
    '/run/unit-started',
    '/run/unit-enabled',
  ])
    rmSync(name, { recursive: true, force: true });
  const simulation = await startSimulation(await loadScenario(folder, shippedScenarios()));
  const env = { ...simulation.env, NOTIFY_SOCKET: '/run/notify' };
  const empty = await measured([emptyScript]);
  const first = await booted(env);
  const second = await booted(env);
  unchanged();
  await simulation.close();
  // The first round warms the page cache, and compiles.
  if (round === 0) continue;
  results.empty.push(empty);
  results.first.push(first);
  results.second.push(second);
}
application.close();
application.closeAllConnections();
console.log(JSON.stringify(results));

async function booted(env: Record<string, string>): Promise<Run> {
  const run = await measured([program], env);
  if (run.exitCode !== 0)
    throw new Error(`a boot ended with ${run.exitCode}: ${readFileSync(latest, 'utf8')}`);
  return run;
}

/** Throws where a boot that was to find nothing to change has changed something. */
function unchanged(): void {
  const { steps } = JSON.parse(readFileSync(latest, 'utf8')) as FlightRecord;
  const others = steps.filter(({ outcome }) => outcome !== 'unchanged');
  if (steps.length === 0 || others.length > 0)
    throw new Error(`changed: ${JSON.stringify(others)}`);
}

/** Parameters as they are: to change them takes more than root of a namespace. */
function role(): string {
  const parameters = [
    'vm.swappiness',
    'vm.max_map_count',
    'net.core.somaxconn',
    'fs.file-max',
    'kernel.pid_max',
    'net.ipv4.tcp_fin_timeout',
  ].map(
    (name) =>
      `  ${name}: "${readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim()}"`,
  );
  const values: Record<string, string> = {
    sysctl: parameters.join('\n'),
    sha256: createHash('sha256').update(readFileSync(archive)).digest('hex'),
    port: String((application.address() as AddressInfo).port),
  };
  return readFileSync(join(here, 'role.yaml'), 'utf8').replace(
    /@(\w+)@/g,
    (_, name) => values[name] ?? '',
  );
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
