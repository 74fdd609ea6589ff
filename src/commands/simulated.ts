/** Simulated surroundings: a scenario's machine and AWS in place of the real ones. */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { localHost } from '../host/local-host.ts';
import { loadScenario } from '../simulator/scenario/load-scenario.ts';
import type { Scenario } from '../simulator/scenario/scenario.ts';
import { type Simulation, startSimulation } from '../simulator/simulation.ts';
import { knownRecord, readRolesFolder, type Surroundings } from './surroundings.ts';

export interface SimulatedSurroundings extends Surroundings {
  readonly scenario: Scenario;
  readonly simulation: Simulation;
}

/** Brings a scenario to life. `rolesFolder` replaces the scenario's own roles and those that ship. */
export async function simulatedSurroundings(
  nameOrPath: string,
  rolesFolder?: string,
): Promise<SimulatedSurroundings> {
  const scenario = await loadScenario(nameOrPath, shippedScenarios());
  const folder = rolesFolder ?? scenario.rolesFolder ?? shipped('roles');
  const shownAs =
    rolesFolder ?? (scenario.rolesFolder === undefined ? 'roles' : scenario.rolesFolder);
  const simulation = await startSimulation(scenario);
  const record = async () => {
    const known = await knownRecord(simulation.host.files);
    return known && { record: known };
  };
  return {
    env: simulation.env,
    host: simulation.host,
    clock: simulation.clock,
    simulated: true,
    baked: async () => ({
      ...(await readRolesFolder(localHost().files, resolve(folder), shownAs)),
      ...(await record()),
      ...(scenario.agentConfig !== undefined && {
        agentConfig: { text: scenario.agentConfig, source: `${scenario.name}/agent.yaml` },
      }),
    }),
    scenario,
    simulation,
  };
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
