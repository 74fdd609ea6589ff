/** A simulated fleet: many nodes of one scenario, launched by its group into one account with AWS's API limits. */
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAccount } from './account.ts';
import { type SimulatedInstance, simulatedCredentials, tagsOf } from './metadata/instance.ts';
import type { MetadataRequest } from './metadata/metadata-service.ts';
import { type SimulatedNode, startNode } from './node.ts';
import type { Scenario } from './scenario/scenario.ts';
import { ec2InstanceOf } from './scenario/world-of.ts';
import { type Limits, limitsBy } from './services/limits.ts';
import type { AwsServices } from './services/services.ts';
import type { AwsWorld } from './services/world.ts';
import type { Witness } from './simulation.ts';
import type { Pace } from './time/pace.ts';

export interface SimulatedFleet {
  /** In order of their launch. */
  readonly nodes: readonly SimulatedNode[];
  readonly aws: AwsServices;
  readonly limits: Limits;
  /** When a node is launched: milliseconds after the first. */
  launchedAt(n: number): number;
  /** Whose call the ledger holds. */
  callerOf(accessKeyId: string | undefined): string | undefined;
  /** Stops everything and removes all files. */
  close(): Promise<void>;
}

/** Starts everything but the clock, so that all nodes begin at once. Nothing outside a new temporary folder is touched. */
export async function startFleet(
  scenario: Scenario,
  count: number,
  pace: Pace,
  witness?: Witness,
): Promise<SimulatedFleet> {
  const { clock } = pace;
  const folder = mkdtempSync(join(fleetFolder(), 'bootstrap-agent-fleet-'));
  const instances = Array.from({ length: count }, (_, n) => memberOf(scenario.instance, n));
  const callers = new Map(instances.map(({ instance_id: id }) => [accessKeyOf(id), id]));
  const nodes: SimulatedNode[] = [];
  for (const instance of instances) {
    const { instance_id: id } = instance;
    const credentials = { ...simulatedCredentials, accessKeyId: accessKeyOf(id) };
    const options = { scenario, instance, folder: join(folder, id), clock, pace, credentials };
    const answered = witness && {
      answered: (request: MetadataRequest) => witness.metadata(id, request),
    };
    nodes.push(await startNode({ ...options, ...answered }));
  }
  const limits = limitsBy(clock, scenario.limits);
  const aws = await startAccount({
    scenario,
    world: worldWith(scenario, instances),
    nodes,
    clock,
    pace,
    limits,
    ...(witness && { answered: witness.call }),
  });
  const spreadMs = scenario.launchesOverSeconds * 1000;
  return {
    nodes,
    aws,
    limits,
    launchedAt: (n) => (spreadMs * n) / count,
    callerOf: (accessKeyId = '') => callers.get(accessKeyId),
    async close() {
      await Promise.all([...nodes.map((node) => node.close()), aws.close()]);
      clock.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The scenario's own instance is the first; the others differ from it in what EC2 gives each. */
function memberOf(own: SimulatedInstance, n: number): SimulatedInstance {
  if (n === 0) return own;
  const id = createHash('sha256').update(`${own.instance_id} ${n}`).digest('hex').slice(0, 17);
  const [first = '10', second = '0'] = own.private_ipv4.split('.');
  const address = `${first}.${second}.${128 + Math.floor(n / 250)}.${4 + (n % 250)}`;
  const { hostname: _, mac: __, public_ipv4: ___, ipv6: ____, ...shared } = own;
  return { ...shared, instance_id: `i-${id}`, private_ipv4: address };
}

function accessKeyOf(instanceId: string): string {
  return `ASIASIMULATED${instanceId.slice(2).toUpperCase()}`;
}

/** The scenario's account, with a member of the group for each instance as for the scenario's own. */
function worldWith(scenario: Scenario, instances: readonly SimulatedInstance[]): AwsWorld {
  const { aws, instance: own } = scenario;
  const described = aws.instances?.[own.instance_id];
  const group = aws.groups[own.group ?? ''];
  const member = group?.instances[own.instance_id];
  const each = <T>(value: (instance: SimulatedInstance) => T) =>
    Object.fromEntries(instances.map((instance) => [instance.instance_id, value(instance)]));
  return {
    ...aws,
    instances: { ...aws.instances, ...each((one) => ({ ...described, ...ec2InstanceOf(one) })) },
    tags: { ...aws.tags, ...each(tagsOf) },
    ...(own.group !== undefined &&
      group !== undefined &&
      member !== undefined && {
        groups: { ...aws.groups, [own.group]: { ...group, instances: each(() => member) } },
      }),
  };
}

/** In memory where there is such a place and nobody named another: each boot waits for the disk a hundred times. */
function fleetFolder(): string {
  const memory = '/dev/shm';
  if (process.env.TMPDIR !== undefined) return tmpdir();
  try {
    accessSync(memory, constants.W_OK);
    return memory;
  } catch {
    return tmpdir();
  }
}
