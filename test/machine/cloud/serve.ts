/** The cloud that machines see, run inside the network namespace of the hub: metadata, AWS over TLS, and names. */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { resolve } from 'node:path';
import tls from 'node:tls';
import { systemClock } from '../../../src/clock.ts';
import { checkHealth } from '../../../src/simulator/health-check.ts';
import { simulatedCredentials } from '../../../src/simulator/metadata/instance.ts';
import {
  type MetadataService,
  startMetadataService,
} from '../../../src/simulator/metadata/metadata-service.ts';
import { loadScenario } from '../../../src/simulator/scenario/load-scenario.ts';
import { type AwsServices, startAwsServices } from '../../../src/simulator/services/services.ts';
import type { Answer, Question } from './books.ts';
import { nameServer } from './names.ts';

const scenarios = resolve(import.meta.dirname, '../../../scenarios');
const gateway = '10.77.0.1';
const [certificates = ''] = process.argv.slice(2);

interface Instance {
  readonly metadata: MetadataService;
  readonly aws: AwsServices;
}

/** By the address that a machine calls from: each has an account of its own. */
const instances = new Map<string, Instance>();

const metadataFront = net.createServer((socket) =>
  pipe(socket, instances.get(addressOf(socket))?.metadata.url),
);
const awsFront = tls.createServer(
  {
    key: readFileSync(`${certificates}/server.key`),
    cert: readFileSync(`${certificates}/server.crt`),
  },
  (socket) => pipe(socket, instances.get(addressOf(socket))?.aws.url),
);
awsFront.on('tlsClientError', (_error, socket) => socket.destroy());
metadataFront.listen(80, '169.254.169.254');
awsFront.listen(443, gateway);
nameServer(createSocket('udp4'), gateway, /\.amazonaws\.com$/);

process.on('message', async ({ id, question }: { id: number; question: Question }) => {
  try {
    process.send?.({ id, answer: await answerTo(question) });
  } catch (error) {
    process.send?.({ id, error: String(error instanceof Error ? error.stack : error) });
  }
});
process.on('disconnect', () => process.exit(0));

async function answerTo(question: Question): Promise<Answer> {
  const { address } = question;
  if (question.ask === 'launch') {
    await launch(address, question.scenario);
    return null;
  }
  if (question.ask === 'page') {
    const response = await fetch(`http://${address}:${question.port}${question.path}`);
    return { status: response.status, body: await response.text() };
  }
  const instance = instances.get(address);
  if (instance === undefined) throw new Error(`no instance was launched at ${address}`);
  const { aws, metadata } = instance;
  return {
    calls: [...aws.ledger.calls],
    metadata: [...metadata.requests],
    group: aws.group(question.group) ?? null,
  };
}

/** An instance of this scenario: what its metadata says, and the account it is in. Its machine is a real one. */
async function launch(address: string, name: string): Promise<void> {
  const scenario = await loadScenario(name, scenarios);
  const { userData, faults, instance } = scenario;
  const clock = systemClock;
  const metadata = await startMetadataService({
    instance,
    clock,
    faults,
    ...(userData !== undefined && { userData }),
  });
  const machine = { reach: (port: number) => ({ host: address, port }) };
  const targetGroups = Object.fromEntries(
    Object.entries(scenario.targetGroups).map(([name, { port, path }]) => [
      name,
      { port, healthCheckPath: path, check: () => checkHealth(machine, port, path) },
    ]),
  );
  const aws = await startAwsServices({
    world: { ...scenario.aws, targetGroups },
    clock,
    faults,
    accepts: (key, token) =>
      key === simulatedCredentials.accessKeyId && token === simulatedCredentials.sessionToken,
  });
  instances.set(address, { metadata, aws });
}

/** Bytes both ways, so that what the simulator does to a connection is done to the machine's. */
function pipe(socket: net.Socket, url: string | undefined): void {
  socket.on('error', () => socket.destroy());
  if (url === undefined) return void socket.destroy();
  const server = net.connect(Number(new URL(url).port), '127.0.0.1');
  server.on('error', () => socket.destroy());
  socket.on('close', () => server.destroy());
  server.on('close', () => socket.destroy());
  socket.pipe(server).pipe(socket);
}

function addressOf(socket: net.Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
