/**
 * What obtaining, verifying and unpacking a tree costs, beside `curl | tee >(sha256sum) | tar -x` on the same files from the same
 * loopback server, in interleaved rounds. `node bench/artifact.ts [--rounds N] [--in DIRECTORY]`. Where files are made decides a
 * lot: a large old ext4 costs far more per file than a fresh file system.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

interface Cost {
  /** Milliseconds. */
  readonly wall: number;
  readonly cpu: number;
  /** MB, of the largest process. */
  readonly memory: number;
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, in: { type: 'string', default: tmpdir() } },
});
const folder = mkdtempSync(join(values.in, 'bench-artifact-'));
try {
  await compare(Number(values.rounds));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(rounds: number): Promise<void> {
  const archives = makeArchives();
  const server = fork(new URL('./artifact-server.ts', import.meta.url), [folder]);
  const port = await new Promise<number>((resolve) => server.once('message', resolve));
  const program = await bundled('./artifact-apply.ts');
  const rows: string[][] = [];
  for (const archive of archives) {
    const url = `http://127.0.0.1:${port}/${archive.name}`;
    const step = (into: string, ...more: string[]) => [
      ...[process.execPath, program, url, archive.format, archive.sha256, into, ...more],
    ];
    const contestants: Record<string, (into: string) => string[]> = {
      'curl | tee >(sha256sum) | tar': (into) => pipelineOf(url, archive.flag, into),
      'artifact step, from S3': (into) => step(into),
      'artifact step, from the cache': (into) => step(into, 'cached'),
      'an empty Node script': () => [process.execPath, '-e', ''],
    };
    const costs = new Map(Object.keys(contestants).map((name) => [name, [] as Cost[]]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, commandFor] of Object.entries(contestants)) {
        costs.get(name)?.push(await inFreshFolder(archive, (into) => measure(commandFor(into))));
      }
    }
    const [base = { wall: 0, cpu: 0, memory: 0 }] = [...costs.values()].map(median);
    for (const [name, all] of costs) rows.push(rowOf(archive.name, name, median(all), base));
  }
  server.kill();
  print(['archive', 'by', 'wall ms', 'ratio', 'CPU ms', 'ratio', 'peak MB', 'ratio'], rows);
}

/** A tree of 60 MB as a release of a web shop might be: many small text files, some libraries that hardly compress. */
function makeArchives() {
  const tree = join(folder, 'tree');
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const words = Array.from({ length: 4000 }, () => `w${random(1 << 30).toString(36)}`);
  for (let n = 0; n < 2400; n += 1) {
    const into = join(tree, `module-${n % 60}`, `part-${n % 7}`);
    mkdirSync(into, { recursive: true });
    const size = n % 40 === 0 ? 400_000 : 2_000 + random(30_000);
    const text = Array.from({ length: Math.ceil(size / 7) }, () => words[random(words.length)]);
    writeFileSync(join(into, `file-${n}.txt`), text.join(' ').slice(0, size));
  }
  const tar = execFileSync('tar', ['-cf', '-', '-C', tree, '.'], { maxBuffer: 1 << 28 });
  rmSync(tree, { recursive: true });
  const formats = [
    { name: 'tree.tar.gz', format: 'tar.gz', flag: '--gzip', bytes: gzipSync(tar) },
    { name: 'tree.tar.zst', format: 'tar.zst', flag: '--zstd', bytes: zstdCompressSync(tar) },
  ];
  console.log(`tree: ${(tar.length / 1e6).toFixed(0)} MB, 2400 files; below ${folder}`);
  return formats.map(({ bytes, ...archive }) => {
    writeFileSync(join(folder, archive.name), bytes);
    return { ...archive, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
}

function pipelineOf(url: string, flag: string, into: string): string[] {
  const script = `curl -sf ${url} | tee >(sha256sum > ${into}/sum) | tar -x ${flag} -C ${into}; wait`;
  return ['bash', '-c', script];
}

/** One file of JavaScript, as the agent is installed: types would be stripped in every process else. */
async function bundled(source: string): Promise<string> {
  const outfile = join(folder, 'apply.mjs');
  const bundle = await rolldown({
    input: new URL(source, import.meta.url).pathname,
    platform: 'node',
    external: ['yauzl'],
  });
  await bundle.write({ file: outfile, format: 'esm', minify: true, codeSplitting: false });
  await bundle.close();
  return outfile;
}

/** A fresh machine, with the object at hand for the contestant that reads it from the cache. */
async function inFreshFolder(
  archive: { name: string; sha256: string },
  what: (into: string) => Promise<Cost>,
): Promise<Cost> {
  const into = mkdtempSync(join(folder, 'run-'));
  const cache = join(into, 'var/cache/bootstrap-agent');
  mkdirSync(join(cache, 'sha256'), { recursive: true });
  copyFileSync(join(folder, archive.name), join(cache, 'prepared'));
  try {
    return await what(into);
  } finally {
    rmSync(into, { recursive: true });
  }
}

/** Runs `command` under GNU time, whose numbers include all children that were waited for. */
function measure(command: readonly string[]): Promise<Cost> {
  const numbers = join(folder, 'time');
  const begun = performance.now();
  const child = spawn('/usr/bin/time', ['-o', numbers, '-f', '%U %S %M', ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const wall = performance.now() - begun;
      if (code !== 0) return reject(new Error(`${command.join(' ')}: exit ${code}`));
      const [user = 0, system = 0, kib = 0] = readFileSync(numbers, 'utf8').split(' ').map(Number);
      resolve({ wall, cpu: (user + system) * 1000, memory: kib / 1024 });
    });
  });
}

function median(costs: readonly Cost[]): Cost {
  const of = (key: keyof Cost) =>
    costs.map((cost) => cost[key]).sort((a, b) => a - b)[costs.length >> 1] ?? 0;
  return { wall: of('wall'), cpu: of('cpu'), memory: of('memory') };
}

function rowOf(archive: string, by: string, cost: Cost, base: Cost): string[] {
  const cells = (['wall', 'cpu', 'memory'] as const).flatMap((key) => [
    cost[key].toFixed(0),
    (cost[key] / base[key]).toFixed(2),
  ]);
  return [archive, by, ...cells];
}

function print(head: string[], rows: string[][]): void {
  const widths = head.map((cell, at) =>
    Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    );
  }
}
