/** The cold bench inside namespaces of its own (run.ts): lays out the disk, records the start, and measures in interleaved rounds. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { withColdCopy } from '../../src/host/cold-copy.ts';
import { lookAtStart } from '../../src/host/look-at-start.ts';
import { filesRead, readAheadList, startOf } from '../../src/image/read-ahead.ts';
import {
  boot,
  emptyScript,
  home,
  layOutRoot,
  list,
  node,
  type Read,
  SlowDisk,
  say,
  withSystemFolders,
} from './disk.ts';

const [folder = '', rounds = '', latency = '', bandwidth = ''] = process.argv.slice(2);
say('ip', 'link', 'set', 'lo', 'up');

// A metadata service that notes when the first request comes, and what was read until then; metadata is switched off in it.
interface Arrival {
  readonly at: number;
  readonly read: Promise<Read>;
}
let first: Arrival | undefined;
let disk: SlowDisk | undefined;
const metadata = createServer((_, response) => {
  const none: Read = { reads: 0, bytes: 0 };
  first ??= { at: performance.now(), read: disk?.sinceLast() ?? Promise.resolve(none) };
  void first.read.then(() => response.writeHead(403).end());
}).listen(0, '127.0.0.1');
await once(metadata, 'listening');
const env = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`,
  // Nobody listens there.
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
};

const image = join(folder, 'image');
say('truncate', '-s', '400M', image);
say('mkfs.ext4', '-q', '-F', '-O', '^has_journal', image);
const tree = join(folder, 'tree');
mkdirSync(tree);
say('mount', '-o', 'loop', image, tree);
layOutRoot(tree, resolve(import.meta.dirname, '../..'));
const leave = withSystemFolders(tree);
await compiledAndRecorded();
leave();
say('umount', tree);

interface Start extends Read {
  readonly ms: number;
}
const starts = { empty: [] as Start[], plain: [] as Start[], ahead: [] as Start[] };
disk = await SlowDisk.open(folder, image, Number(latency), Number(bandwidth));
for (let round = 0; round < Number(rounds); round += 1) {
  starts.empty.push(await cold([node, emptyScript], false));
  starts.plain.push(await cold([node, boot], false));
  starts.ahead.push(await cold([node, boot], true));
}
await disk.close();
metadata.close();
metadata.closeAllConnections();
console.log(JSON.stringify(starts));

/** As a bake does it (src/commands/record-start.ts), below another root. */
async function compiledAndRecorded(): Promise<void> {
  const alone = { PATH: env.PATH, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const start = (path: string) =>
    lookAtStart(['chroot', tree, path, boot], alone, new AbortController().signal);
  await start(node);
  const { touched, said } = await withColdCopy(
    join(tree, node),
    new AbortController().signal,
    async (copy) => {
      const below = copy.slice(tree.length);
      return startOf(node, below, await start(below));
    },
  );
  const whole = [boot, ...filesRead(said)].map((path) => ({
    path,
    size: statSync(join(tree, path)).size,
  }));
  const text = readAheadList(touched, node, whole, process.arch);
  if (text === undefined) throw new Error(`no list for ${process.arch}`);
  writeFileSync(join(tree, list), text);
}

/** From the start of the process to its first request, or to its end where it makes none. */
async function cold(argv: readonly string[], readAhead: boolean): Promise<Start> {
  const opened = disk as SlowDisk;
  const unmount = await opened.mountCold();
  try {
    first = undefined;
    const startedAt = performance.now();
    const run = (...words: readonly string[]) =>
      spawn('chroot', [opened.root, ...words], { env, stdio: 'ignore' });
    const ahead = readAhead ? run('/usr/bin/perl', `${home}/bin/read-ahead`, list) : undefined;
    const aheadOver = ahead === undefined ? undefined : once(ahead, 'exit');
    const [code] = await once(run(...argv), 'exit');
    const endedAt = performance.now();
    const [failed] = (await aheadOver) ?? [0];
    if (failed !== 0) throw new Error(`read-ahead ended with ${failed}`);
    if (argv[1] === boot && first === undefined)
      throw new Error(`no metadata request came; exit code ${code}`);
    const arrived = first as Arrival | undefined;
    const until = (await arrived?.read) ?? (await opened.sinceLast());
    return { ms: (arrived?.at ?? endedAt) - startedAt, ...until };
  } finally {
    unmount();
  }
}

export type Starts = typeof starts;
