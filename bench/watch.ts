/** `npm run bench:watch`: agent watch at rest beside a Node process that does nothing, at the same time. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { atRest } from './at-rest.ts';

/** A look is every five seconds, so the window has twelve. */
const [settleSeconds, windowSeconds] = [15, Number(process.argv[2] ?? 60)];
const program = fileURLToPath(new URL('../dist/watch.cjs', import.meta.url));

// A metadata service of a node in service that nobody wants gone.
let looks = 0;
const metadata = createServer((request, response) => {
  if (request.method === 'PUT')
    return void response
      .writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': 21_600 })
      .end('t');
  const inService = request.url?.endsWith('autoscaling/target-lifecycle-state') === true;
  if (inService) looks += 1;
  return void response.writeHead(inService ? 200 : 404).end(inService ? 'InService' : '');
}).listen(0, '127.0.0.1');
await once(metadata, 'listening');
const endpoint = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;

const [empty, watch] = await Promise.all([
  atRest(['--eval', 'setInterval(() => {}, 5000)'], {}, settleSeconds, windowSeconds),
  atRest([program], { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint }, settleSeconds, windowSeconds),
]);
metadata.closeAllConnections();
metadata.close();
if (looks < windowSeconds / 10) throw new Error(`it has looked ${looks} times only`);

console.log(`${windowSeconds} s at rest, after ${settleSeconds} s, Node ${process.version}\n`);
for (const [name, { residentMb, cpuMsPerMinute, wakeUpsPerMinute }] of [
  ['node, a timer every five seconds', empty],
  ['agent watch', watch],
] as const)
  console.log(
    `${name.padEnd(34)} ${residentMb.toFixed(1).padStart(6)} MB ${(residentMb / empty.residentMb).toFixed(2)} x  ${cpuMsPerMinute.toFixed(0).padStart(5)} ms CPU and ${wakeUpsPerMinute.toFixed(0).padStart(4)} wake-ups a minute`,
  );
