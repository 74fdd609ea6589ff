/** Boots of the tomcat scenario, changed as a test wants it, within the test's own process. */
import { onTestFinished } from 'vitest';
import { type BootOptions, type BootResult, boot } from '../../src/commands/boot.ts';
import { type SimulatedSurroundings, simulatedSurroundings } from '../../src/commands/simulated.ts';
import type { Surroundings } from '../../src/commands/surroundings.ts';
import { scenarioFolder } from './scenario-folder.ts';

const head = (scenario: string) =>
  `extends: ${scenario}\ndescription: a test\nexpect: { verdict: CONTINUE, exit: 0 }\n`;

/** The scenario, tomcat where none is named, changed by `yaml`, with `files` beside it; gone when the test is over. */
export async function surroundingsOf(
  yaml = '',
  files: Readonly<Record<string, string>> = {},
  scenario = 'tomcat',
): Promise<SimulatedSurroundings> {
  const folder = scenarioFolder({ 'scenario.yaml': head(scenario) + yaml, ...files });
  onTestFinished(folder.remove);
  return shipped(folder.path);
}

/** A scenario that ships, by its name. */
export async function shipped(name: string): Promise<SimulatedSurroundings> {
  const surroundings = await simulatedSurroundings(name);
  onTestFinished(() => surroundings.simulation.close());
  return surroundings;
}

export function boots(
  surroundings: Surroundings,
  options: Partial<BootOptions> = {},
): Promise<BootResult> {
  const signal = new AbortController().signal;
  return boot(surroundings, { agentVersion: '0', listeners: [], signal, ...options });
}

/** What Auto Scaling was told, in the simulator's own books; undefined: nothing yet. */
export function told({ scenario, simulation }: SimulatedSurroundings) {
  const { group = '', instance_id } = scenario.instance;
  const actions = Object.values(simulation.aws.group(group)?.instances[instance_id]?.actions ?? {});
  return actions.map(({ outcome }) => outcome?.result);
}

/** The machine, of whose files one operation is done as the test says. */
export function withFiles(
  surroundings: SimulatedSurroundings,
  operations: Readonly<Record<string, (...input: never[]) => Promise<unknown>>>,
): Surroundings {
  const { host } = surroundings;
  const replaced = Object.entries(operations).map(([name, value]) => [name, { value }]);
  const files = Object.create(host.files, Object.fromEntries(replaced));
  return { ...surroundings, host: { ...host, files } };
}

export function warnings({ events }: BootResult): string[] {
  return events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
}
