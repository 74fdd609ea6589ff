/** `agent watch` at rest, and beside it, at the same time, a Node process that does nothing but wait. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { atRest, type Rest } from './at-rest.ts';

export interface WatchAtRest {
  /** Node with a timer every five seconds, as often as the watch looks. */
  readonly idle: Rest;
  readonly watch: Rest;
}

const program = fileURLToPath(new URL('../dist/watch.cjs', import.meta.url));

const unit = new URL('../systemd/bootstrap-agent-watch.service', import.meta.url);

/** What Node is told by the shipped unit before the program. Throws where its ExecStart= is not of that form. */
export function flagsOfTheUnit(text = readFileSync(unit, 'utf8')): string[] {
  const flags = /^ExecStart=\S+\/node ((?:-\S+ )*)\S+\/watch\.cjs$/m.exec(text)?.[1];
  if (flags === undefined) throw new Error(`no ExecStart= of the watch in ${fileURLToPath(unit)}`);
  return flags.split(' ').filter((flag) => flag !== '');
}

/** Both are left alone for `settleSeconds` and looked at for `windowSeconds`. Throws when the watch does not look for notices. */
export async function watchAtRest(
  settleSeconds: number,
  windowSeconds: number,
): Promise<WatchAtRest> {
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
  try {
    const [idle, watch] = await Promise.all([
      atRest(['--eval', 'setInterval(() => {}, 5000)'], {}, settleSeconds, windowSeconds),
      atRest(
        [...flagsOfTheUnit(), program],
        { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint },
        settleSeconds,
        windowSeconds,
      ),
    ]);
    if (looks < windowSeconds / 10) throw new Error(`it has looked ${looks} times only`);
    return { idle, watch };
  } finally {
    metadata.closeAllConnections();
    metadata.close();
  }
}

/** One line for each of the two; memory as times that of the idle process, too. */
export function linesOf({ idle, watch }: WatchAtRest): string[] {
  return [['node, a timer every five seconds', idle] as const, ['agent watch', watch] as const].map(
    ([name, { residentMb, cpuMsPerMinute, wakeUpsPerMinute }]) =>
      [
        `${name.padEnd(34)} ${residentMb.toFixed(1).padStart(6)} MB`,
        `${(residentMb / idle.residentMb).toFixed(2)} x `,
        `${cpuMsPerMinute.toFixed(0).padStart(5)} ms CPU and`,
        `${wakeUpsPerMinute.toFixed(0).padStart(4)} wake-ups a minute`,
      ].join(' '),
  );
}
