/** The cloud that machines see, run inside the network namespace of the hub: metadata, AWS over TLS, and names. */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { resolve } from 'node:path';
import tls from 'node:tls';
import { systemClock } from '../../../src/clock.ts';
import { checkHealth } from '../../../src/simulator/health-check.ts';
import { simulatedCredentials, tagsOf } from '../../../src/simulator/metadata/instance.ts';
import {
  type MetadataService,
  startMetadataService,
} from '../../../src/simulator/metadata/metadata-service.ts';
import { occur } from '../../../src/simulator/occurrence.ts';
import { loadScenario } from '../../../src/simulator/scenario/load-scenario.ts';
import type { Scenario } from '../../../src/simulator/scenario/scenario.ts';
import { ec2InstanceOf, memberOf } from '../../../src/simulator/scenario/world-of.ts';
import type { LaunchedMachine } from '../../../src/simulator/services/ec2/machines.ts';
import { type AwsServices, startAwsServices } from '../../../src/simulator/services/services.ts';
import type { SimulatedImage } from '../../../src/simulator/services/world.ts';
import type { Answer, Question } from './books.ts';
import { dhcpServer } from './dhcp.ts';
import { remoteMachines } from './hosting.ts';
import { nameServer } from './names.ts';
import { requested, sent } from './requests.ts';

const scenarios = resolve(import.meta.dirname, '../../../scenarios');
const gateway = '10.77.0.1';
/** Addresses that EC2 gives out: the upper half, since tests plug machines in from the lower one. */
const launchSubnet = { id: 'subnet-0a', cidr: '10.77.0.128/25', zone: 'eu-west-1a' };
const [certificates = ''] = process.argv.slice(2);

interface Instance {
  readonly id: string;
  readonly metadata: MetadataService;
  readonly aws: AwsServices;
}

interface Account {
  readonly aws: AwsServices;
  /** Of the machines, by instance id. */
  readonly addresses: Map<string, string>;
}

/** By the address that a machine calls from. */
const instances = new Map<string, Instance>();
/** By name; that of an instance which shares none is its address. Promises, since machines are launched side by side. */
const accounts = new Map<string, Promise<Account>>();

const metadataFront = net.createServer((socket) =>
  pipe(socket, instances.get(addressOf(socket))?.metadata.url),
);
const awsFront = tls.createServer(
  {
    key: readFileSync(`${certificates}/server.key`),
    cert: readFileSync(`${certificates}/server.crt`),
  },
  (socket) => {
    socket.on('error', () => socket.destroy());
    // Node sends RST on plain sockets only.
    socket.resetAndDestroy = () => socket.destroy();
    const aws = instances.get(addressOf(socket))?.aws;
    if (aws === undefined) socket.destroy();
    else aws.answerOn(socket);
  },
);
awsFront.on('tlsClientError', (_error, socket) => socket.destroy());
metadataFront.listen(80, '169.254.169.254');
awsFront.listen(443, gateway);
nameServer(createSocket('udp4'), gateway, /\.amazonaws\.com$/);
dhcpServer(createSocket('udp4'), gateway);

const machines = remoteMachines();

process.on('message', async ({ id, question }: { id: number; question?: Question }) => {
  if (question === undefined) return;
  try {
    process.send?.({ id, answer: await answerTo(question) });
  } catch (error) {
    process.send?.({ id, error: String(error instanceof Error ? error.stack : error) });
  }
});
process.on('disconnect', () => process.exit(0));

async function answerTo(question: Question): Promise<Answer> {
  if (question.ask === 'open') {
    const scenario = await loadScenario(question.scenario, scenarios);
    const account = openAccount(scenario, question.images);
    accounts.set(question.account, account);
    return { url: (await account).aws.url };
  }
  if (question.ask === 'ec2' || question.ask === 'scale out') {
    const account = await accounts.get(question.account);
    if (account === undefined) throw new Error(`there is no account ${question.account}`);
    if (question.ask === 'ec2') return requested(account.aws.url, question.fields);
    const { userDataText, ...template } = question.template;
    const wanted = { ...template, ...(userDataText && { userData: Buffer.from(userDataText) }) };
    return { instanceId: account.aws.scaleOut(question.group, wanted) };
  }
  const { address } = question;
  if (question.ask === 'launch') {
    await launch(address, question.scenario, question.account);
    return null;
  }
  if (question.ask === 'page') {
    const response = await fetch(`http://${address}:${question.port}${question.path}`);
    return { status: response.status, body: await response.text() };
  }
  if (question.ask === 'request') return sent(address, question.request);
  const instance = instances.get(address);
  if (instance === undefined) throw new Error(`no instance was launched at ${address}`);
  const { id, aws, metadata } = instance;
  if (question.ask === 'occur') {
    const { what } = question;
    occur({ what }, { metadata, aws, clock: systemClock, instanceId: id });
    return null;
  }
  if (question.ask === 'put') {
    aws.objects.put(question.bucket, question.key, Buffer.from(question.text), {
      contentType: 'text/plain',
    });
    return null;
  }
  return {
    instanceId: id,
    calls: [...aws.ledger.calls],
    metadata: [...metadata.requests],
    group: aws.group(question.group) ?? null,
  };
}

/** An instance of this scenario, with the address of its machine, which is a real one; `shared` names an account. */
async function launch(address: string, name: string, shared?: string): Promise<void> {
  const scenario = await loadScenario(name, scenarios);
  const { userData, faults } = scenario;
  const instance = { ...scenario.instance, private_ipv4: address };
  if (shared !== undefined) instance.instance_id = idAt(address, instance.instance_id);
  const metadata = await startMetadataService({
    instance,
    clock: systemClock,
    faults,
    ...(userData !== undefined && { userData }),
  });
  const account = await accountOf(shared ?? address, scenario);
  account.addresses.set(instance.instance_id, address);
  const { group } = instance;
  account.aws.join(
    instance.instance_id,
    { ...ec2InstanceOf(instance), tags: tagsOf(instance) },
    group === undefined ? undefined : { group, member: memberOf(instance) },
  );
  instances.set(address, { id: instance.instance_id, metadata, aws: account.aws });
}

/** The id of the scenario, made one of its own by the last number of the address. */
function idAt(address: string, id: string): string {
  return id.slice(0, -2) + Number(address.split('.').at(-1)).toString(16).padStart(2, '0');
}

/** The account of that name; opened as the scenario describes it, without the scenario's own instance. */
function accountOf(name: string, scenario: Scenario): Promise<Account> {
  const account = accounts.get(name) ?? openAccount(scenario);
  accounts.set(name, account);
  return account;
}

async function openAccount(
  scenario: Scenario,
  images: Readonly<Record<string, SimulatedImage>> = {},
): Promise<Account> {
  const { [scenario.instance.instance_id]: _, ...others } = scenario.aws.instances ?? {};
  const addresses = new Map<string, string>();
  const targetGroups = Object.fromEntries(
    Object.entries(scenario.targetGroups).map(([name, { path, ...group }]) => [
      name,
      {
        ...group,
        healthCheckPath: path,
        check: ({ id }: { id: string }) => {
          const reach = (port: number) => ({ host: addresses.get(id) ?? '', port });
          return checkHealth({ reach }, group.port, path);
        },
      },
    ]),
  );
  const groups = Object.fromEntries(
    Object.entries(scenario.aws.groups).map(([name, group]) => [name, { ...group, instances: {} }]),
  );
  const aws = await startAwsServices({
    world: {
      ...scenario.aws,
      targetGroups,
      groups,
      instances: others,
      tags: {},
      images,
      instanceProfiles: [scenario.instance.instance_profile ?? []].flat(),
      network: { cidr: '10.77.0.0/16', subnets: [launchSubnet] },
    },
    machines: { ...machines, launch: (machine) => launchMachine(machine) },
    clock: systemClock,
    faults: scenario.faults,
    accepts: (key, token) =>
      key === simulatedCredentials.accessKeyId && token === simulatedCredentials.sessionToken,
    heads: (instanceId, targetState) => {
      const instance = instances.get(addresses.get(instanceId) ?? '');
      instance?.metadata.set('meta-data/autoscaling/target-lifecycle-state', targetState);
    },
  });
  /** Its metadata service answers before it is switched on. */
  async function launchMachine(launched: LaunchedMachine): Promise<void> {
    const { instance, userData } = launched;
    const metadata = await startMetadataService({
      instance,
      clock: systemClock,
      ...(userData !== undefined && { userData }),
    });
    addresses.set(instance.instance_id, instance.private_ipv4);
    instances.set(instance.private_ipv4, { id: instance.instance_id, metadata, aws });
    await machines.launch(launched);
  }
  return { aws, addresses };
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
