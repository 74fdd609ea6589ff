/** Inside the folders of an instance (in-namespace.ts): the rounds of the boot's start. Writes what it measured as JSON. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { measured, type Run } from './measured.ts';

const rounds = Number(process.argv[2]);
const boot = '/opt/bootstrap-agent/dist/boot.cjs';
const emptyScript = '/run/empty.cjs';
writeFileSync(emptyScript, '');

// A metadata service that notes when the first request comes, and switches metadata off, so that the boot ends there.
let firstRequestAt = 0;
const metadata = createServer((_, response) => {
  if (firstRequestAt === 0) firstRequestAt = performance.now();
  response.writeHead(403).end();
}).listen(0, '127.0.0.1');
await once(metadata, 'listening');
const env = {
  AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`,
  // Nobody listens there.
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
};

export interface Starts {
  readonly empty: Run[];
  /** Milliseconds from the start of the process to the arrival of its first request. */
  readonly cold: number[];
  readonly warm: number[];
}
const starts: Starts = { empty: [], cold: [], warm: [] };
for (let round = 0; round <= rounds; round += 1) {
  const empty = await measured([emptyScript]);
  rmSync('/var/cache/bootstrap-agent/compiled', { recursive: true, force: true });
  const cold = await toFirstRequest();
  const warm = await toFirstRequest();
  // The first round warms the page cache.
  if (round === 0) continue;
  starts.empty.push(empty);
  starts.cold.push(cold);
  starts.warm.push(warm);
}
metadata.close();
console.log(JSON.stringify(starts));

async function toFirstRequest(): Promise<number> {
  firstRequestAt = 0;
  const { startedAt, exitCode } = await measured([boot], env);
  if (firstRequestAt === 0) throw new Error(`no metadata request came; exit code ${exitCode}`);
  return firstRequestAt - startedAt;
}
