/**
 * `npm run bench:cold [-- rounds] [--latency ms] [--bandwidth MB/s]`: the agent's start on a cold, slow disk, with and without
 * read-ahead, beside an empty Node script. Root only: it mounts, in namespaces of its own.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../measured.ts';
import type { Starts } from './inside.ts';

const { values, positionals } = parseArgs({
  options: {
    latency: { type: 'string', default: '3' },
    bandwidth: { type: 'string', default: '125' },
  },
  allowPositionals: true,
});
const rounds = positionals[0] ?? '7';
if (process.getuid?.() !== 0) throw new Error('root is needed to mount: sudo npm run bench:cold');

const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-cold-'));
const inside = join(import.meta.dirname, 'inside.ts');
const words = [folder, rounds, values.latency, values.bandwidth];
const { status, stdout } = spawnSync(
  'unshare',
  ['--mount', '--net', '--', process.execPath, inside, ...words],
  { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' },
);
rmSync(folder, { recursive: true });
if (status !== 0) throw new Error(`it ended with ${status}`);

const { empty, plain, ahead } = JSON.parse(stdout) as Starts;
const mediansOf = (starts: Starts['empty']) => ({
  ms: median(starts.map(({ ms }) => ms)),
  mb: median(starts.map(({ bytes }) => bytes / 1e6)),
  reads: median(starts.map(({ reads }) => reads)),
});
const [base, slow] = [mediansOf(empty), mediansOf(plain)];
console.log(
  `Medians of ${rounds} interleaved rounds, Node ${process.version}; a disk with ${values.latency} ms a read and ${values.bandwidth} MB/s\n`,
);
console.log(
  `${''.padEnd(46)}  to the first request           read until then\n${''.padEnd(46)}  x: without read-ahead          x: the empty script`,
);
for (const [name, starts] of [
  ['empty Node script, start to exit', empty],
  ['boot', plain],
  ['boot, read ahead from the same moment on', ahead],
] as const) {
  const { ms, mb, reads } = mediansOf(starts);
  const time = `${ms.toFixed(0).padStart(5)} ms ${(ms / slow.ms).toFixed(2).padStart(6)} x`;
  const read = `${mb.toFixed(1).padStart(6)} MB ${(mb / base.mb).toFixed(2).padStart(6)} x  ${reads.toFixed(0).padStart(5)} reads`;
  console.log(`${name.padEnd(46)}  ${time.padEnd(29)}  ${read}`);
}
