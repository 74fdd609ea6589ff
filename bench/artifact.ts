/**
 * What obtaining, verifying and unpacking a tree costs, beside `curl | tee >(sha256sum) | tar -x` on the same objects from the same
 * loopback server, in interleaved rounds: over a free network, and where each connection is limited as one to S3 is.
 * `node bench/artifact.ts [--rounds N] [--in DIRECTORY] [--large] [--many] [--giant GIB] [--check]`: `--large` adds releases of
 * 600 MB, `--many` a tree of 50,000 files, `--giant` an object of so many GiB, of which only memory matters. Where files are made
 * decides a lot: a large old ext4 costs far more per file than a fresh file system. With --check it ends with 1 where a ratio of the
 * 60 MB releases is over bench/artifact-budget.yaml.
 */
import { fork, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { type Archive, manyFiles, packed, release, syntheticDigest } from './artifact-objects.ts';
import { checkedRatios } from './budget.ts';

interface Cost {
  /** Milliseconds. */
  readonly wall: number;
  readonly cpu: number;
  /** MB, of the largest process. */
  readonly memory: number;
}

interface Contestant {
  readonly name: string;
  readonly command: (into: string) => readonly string[];
  /** The object is to be in the cache. */
  readonly cached?: boolean;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    in: { type: 'string', default: tmpdir() },
    large: { type: 'boolean', default: false },
    many: { type: 'boolean', default: false },
    giant: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const pipeline = 'curl | tee >(sha256sum) | tar';
const stockTools = 'sha256sum, decompress | tar, of a file';
const stepItself = '  of it the step itself';
const folder = mkdtempSync(join(values.in, 'bench-artifact-'));
try {
  await compare(Number(values.rounds));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compare(rounds: number): Promise<void> {
  const archives = await packed(folder, release(1), ['tar.gz', 'tar.zst']);
  const checked = archives.length;
  if (values.large) archives.push(...(await packed(folder, release(10), ['tar.gz', 'tar.zst'])));
  if (values.many) archives.push(...(await packed(folder, manyFiles, ['tar.zst'])));
  const server = fork(new URL('./artifact-server.ts', import.meta.url), [folder]);
  const port = await new Promise<number>((resolve) => server.once('message', resolve));
  const url = `http://127.0.0.1:${port}`;
  const program = await bundled('./artifact-apply.ts', 'apply.mjs');
  // Large trees are made by a thread, whose program lies beside the first one's.
  await bundled('../src/host/tree-thread.ts', 'tree-thread.mjs');
  const rows: string[][] = [];
  const ratios: Record<string, number> = {};
  for (const [at, archive] of archives.entries()) {
    for (const bucket of ['free', 'capped']) {
      const contestants = contestantsFor(archive, url, bucket, program);
      const costs = await inRounds(rounds, archive, contestants);
      const object = `${archive.what} ${archive.format}, ${bucket}`;
      const base = costs.get(pipeline);
      for (const [name, cost] of costs) rows.push(rowOf(object, name, cost, base ?? cost));
      if (at < checked) Object.assign(ratios, ratiosOf(object, costs));
    }
  }
  if (values.giant !== undefined) {
    const size = Number(values.giant) * 2 ** 30;
    const of = [url, 'free', `synthetic-${size}`, 'file', syntheticDigest(size)];
    const into = mkdtempSync(join(folder, 'run-'));
    const cost = await measure([process.execPath, program, ...of, into]);
    rows.push(rowOf(`${values.giant} GiB, one file, free`, 'artifact step', cost, cost));
  }
  server.kill();
  print(['object', 'by', 'wall ms', 'ratio', 'CPU ms', 'ratio', 'peak MB', 'ratio'], rows);
  if (!values.check) return;
  const { lines, within } = checkedRatios(
    ratios,
    join(import.meta.dirname, 'artifact-budget.yaml'),
  );
  for (const line of lines) console.log(line);
  if (!within) process.exitCode = 1;
}

/** What the step costs of what the pipeline does, and of the stock tools that have the object at hand. */
function ratiosOf(object: string, costs: ReadonlyMap<string, Cost>): Record<string, number> {
  const [step, pipe, tools] = [stepItself, pipeline, stockTools].map((name) => costs.get(name));
  if (step === undefined || pipe === undefined) return {};
  return {
    [`${object}: wall`]: step.wall / pipe.wall,
    [`${object}: CPU`]: step.cpu / pipe.cpu,
    ...(tools && { [`${object}: CPU over tools that have it`]: step.cpu / tools.cpu }),
  };
}

function contestantsFor(
  { name, format, flag, sha256 }: Archive,
  url: string,
  bucket: string,
  program: string,
): Contestant[] {
  const step = (into: string) => [
    ...[process.execPath, program, url, bucket, name, format, sha256, into],
  ];
  const script = (into: string) =>
    `curl -sf ${url}/${bucket}/${name} | tee >(sha256sum > ${into}/sum) | tar -x ${flag} -C ${into}; wait`;
  const decompress = format === 'tar.gz' ? 'gzip' : 'zstd';
  const tools = (into: string) =>
    `sha256sum ${join(folder, name)} > ${into}/sum & ${decompress} -dc ${join(folder, name)} | tar -x -C ${into}; wait`;
  return [
    { name: pipeline, command: (into) => ['bash', '-c', script(into)] },
    { name: 'artifact step', command: step },
    ...(bucket === 'free'
      ? [
          { name: stockTools, command: (into: string) => ['bash', '-c', tools(into)] },
          {
            name: 'artifact step, from the cache',
            command: (into: string) => [...step(into), 'cached'],
            cached: true,
          },
        ]
      : []),
  ];
}

/** The median cost of each contestant, all of which take turns; of a step also what it took in a process that runs. */
async function inRounds(
  rounds: number,
  archive: Archive,
  contestants: readonly Contestant[],
): Promise<Map<string, Cost>> {
  const all = new Map<string, Cost[]>();
  const add = (name: string, cost: Cost) => all.set(name, [...(all.get(name) ?? []), cost]);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, command, cached } of contestants) {
      const into = freshFolder(archive, cached ?? false);
      const cost = await measure(command(into));
      add(name, cost);
      const own = join(into, 'cost');
      if (existsSync(own)) {
        const alone = JSON.parse(readFileSync(own, 'utf8')) as Pick<Cost, 'wall' | 'cpu'>;
        add(stepItself.concat(cached ? ' (cache)' : ''), { ...cost, ...alone });
      }
      rmSync(into, { recursive: true });
    }
  }
  return new Map([...all].map(([name, costs]) => [name, median(costs)]));
}

/** One file of JavaScript, as the agent is installed: types would be stripped in every process else. */
async function bundled(source: string, name: string): Promise<string> {
  const outfile = join(folder, name);
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
function freshFolder(archive: Archive, cached: boolean): string {
  const into = mkdtempSync(join(folder, 'run-'));
  const cache = join(into, 'var/cache/bootstrap-agent');
  mkdirSync(join(cache, 'sha256'), { recursive: true });
  if (cached) copyFileSync(join(folder, archive.name), join(cache, 'prepared'));
  return into;
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

function rowOf(object: string, by: string, cost: Cost, base: Cost): string[] {
  const cells = (['wall', 'cpu', 'memory'] as const).flatMap((key) => [
    cost[key].toFixed(0),
    (cost[key] / base[key]).toFixed(2),
  ]);
  return [object, by, ...cells];
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
