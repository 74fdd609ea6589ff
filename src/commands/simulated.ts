/** Simulated surroundings: a scenario's machine and AWS in place of the real ones. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../host/host.ts';
import { localHost } from '../host/local-host.ts';
import type { SimulatedNode } from '../simulator/node.ts';
import { loadScenario } from '../simulator/scenario/load-scenario.ts';
import type { Scenario } from '../simulator/scenario/scenario.ts';
import type { AwsServices } from '../simulator/services/services.ts';
import {
  type Simulation,
  type SimulationOptions,
  startSimulation,
} from '../simulator/simulation.ts';
import type { Pace } from '../simulator/time/pace.ts';
import { type Baked, knownRecord, readRolesFolder, type Surroundings } from './surroundings.ts';

export interface SimulatedSurroundings extends Surroundings {
  readonly scenario: Scenario;
  readonly simulation: Simulation;
}

/**
 * Brings a scenario to life. `rolesFolder` replaces the scenario's own roles and those that ship; `instanceId`: as another instance
 * of the same kind.
 */
export async function simulatedSurroundings(
  nameOrPath: string,
  rolesFolder?: string,
  options: SimulationOptions = {},
  instanceId?: string,
): Promise<SimulatedSurroundings> {
  const scenario = await loadScenario(nameOrPath, shippedScenarios(), instanceId);
  const simulation = await startSimulation(scenario, options);
  const { env, host, clock } = simulation;
  const baked = bakedFor(scenario, rolesFolder);
  const paced = options.pace && inNoHurry(options.pace, scenario.instance.instance_id);
  return {
    env,
    host,
    clock,
    simulated: true,
    ...paced,
    baked: () => baked(host),
    scenario,
    simulation,
  };
}

/** A scenario of which several nodes are made: what it says, and the surroundings of each. */
export async function simulatedFleet(nameOrPath: string, rolesFolder: string | undefined) {
  const scenario = await loadScenario(nameOrPath, shippedScenarios());
  const baked = bakedFor(scenario, rolesFolder);
  const surroundingsOf = (node: SimulatedNode, aws: AwsServices, pace: Pace): Surroundings => ({
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: node.metadata.url, AWS_ENDPOINT_URL: aws.url },
    host: node.host,
    clock: pace.clock,
    simulated: true,
    ...inNoHurry(pace, node.instance.instance_id),
    baked: () => baked(node.host),
  });
  return { scenario, surroundingsOf };
}

/** What is baked into the image of a scenario's nodes; each finds the record of its own bake. */
function bakedFor(
  scenario: Scenario,
  rolesFolder: string | undefined,
): (host: Host) => Promise<Baked> {
  const folder = rolesFolder ?? scenario.rolesFolder ?? shipped('roles');
  const shownAs =
    rolesFolder ?? (scenario.rolesFolder === undefined ? 'roles' : scenario.rolesFolder);
  return async (host) => {
    const record = await knownRecord(host.files);
    return {
      ...(await readRolesFolder(localHost().files, resolve(folder), shownAs)),
      ...(record !== undefined && { record }),
      ...(scenario.agentConfig !== undefined && {
        agentConfig: { text: scenario.agentConfig, source: `${scenario.name}/agent.yaml` },
      }),
    };
  };
}

/** Patience is for a network; by the event clock a call takes as long as this computer needs for all that comes before it. */
export function inNoHurry(pace: Pace, instanceId: string) {
  const anHour = 3_600_000;
  return {
    random: pace.random(instanceId),
    timeouts: { connectMs: anHour, idleMs: anHour },
  } satisfies Partial<Surroundings>;
}

export function shippedScenarios(): string {
  return shipped('scenarios');
}

/** A folder that ships with the agent: beside dist/ and src/ alike. */
function shipped(name: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!/[\\/](dist|src)$/.test(folder)) folder = dirname(folder);
  return join(dirname(folder), name);
}
