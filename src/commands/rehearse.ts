/** `agent rehearse`: boots a node for real against the built-in simulator, and holds the end against the scenario's description. */
import { renderTimeline } from '../engine/render-timeline.ts';
import { timelineDocument, timelineFrom } from '../engine/timeline.ts';
import { exitCode } from '../exit-code.ts';
import { listScenarios } from '../simulator/scenario/load-scenario.ts';
import type { BootResult } from './boot.ts';
import { bootEarlierNodes } from './earlier-nodes.ts';
import type { Output } from './output.ts';
import { recordingOf } from './rehearsal/recording.ts';
import { rehearseFleet } from './rehearsal/rehearse-fleet.ts';
import { keepTrace, replay, type TraceTo } from './rehearsal/traced.ts';
import {
  type SimulatedSurroundings,
  shippedScenarios,
  simulatedSurroundings,
} from './simulated.ts';
import { watchedBoot } from './watched-boot.ts';

export interface RehearseOptions {
  readonly scenario: string;
  readonly list?: boolean;
  readonly keep?: boolean;
  readonly verbose?: boolean;
  readonly roles?: string;
  readonly json?: boolean;
  /** So many nodes at once. */
  readonly fleet?: number;
  /** What chance is made of, in a fleet and in a trace. */
  readonly seed?: string;
  /** Records all that happens. */
  readonly trace?: TraceTo;
  /** A trace to play again; it says all else but `json`. */
  readonly replay?: string;
}

const usualSeed = '1';

/** Gives the exit code of the boot; 70 where the rehearsal did not end as its scenario describes. */
export async function rehearse(
  options: RehearseOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.list) return list(options, output);
  const { seed = usualSeed, fleet, replay: recorded } = options;
  if (recorded !== undefined)
    return replay(recorded, options.json === true, output, (staged, trace, silent) =>
      rehearse({ ...staged, trace }, silent, signal),
    );
  if (fleet !== undefined) return rehearseFleet({ ...options, fleet, seed }, output, signal);
  const { scenario: name, roles, trace: to } = options;
  const recording = to === undefined ? undefined : await recordingOf(name, seed);
  const surroundings = await simulatedSurroundings(name, roles, recording?.own);
  const { scenario, simulation } = surroundings;
  output.err(`Rehearsing ${scenario.name} (simulated): ${scenario.description}\n\n`);
  try {
    await bootEarlierNodes(surroundings, options.roles, output, signal, recording);
    const watching = {
      format: options.json ? 'json' : 'pretty',
      level: options.verbose ? 'debug' : 'info',
    } as const;
    const listeners = recording?.begin(surroundings) ?? [];
    const result = await watchedBoot(surroundings, watching, output, signal, listeners);
    if (recording !== undefined && to !== undefined && result.exitCode !== exitCode.tryAgain)
      await keepTrace(recording.end(result), { scenario: name, seed, ...(roles && { roles }) }, to);
    const targets = await seenByLoadBalancer(surroundings);
    const surprises = differencesFrom(surroundings, result);
    const timeline = timelineFrom(result.events);
    if (options.json) {
      const { name, description, expect } = scenario;
      const document = {
        scenario: { name, description, expect },
        asDescribed: surprises.length === 0,
        surprises,
        signalled: signalled(surroundings),
        targets,
        timeline: timelineDocument(timeline),
        record: result.record,
        calls: simulation.aws.ledger.calls,
      };
      output.out(`${JSON.stringify(document, null, 2)}\n`);
    } else {
      output.out(`\n${renderTimeline(timeline, { colour: output.colour, width: 100 })}`);
      output.out(ending(surroundings, result, targets, surprises));
    }
    if (options.keep) {
      output.err(`The simulated machine's files: ${simulation.root}\n`);
      output.err(`Its status: agent status --root ${simulation.root}\n`);
    }
    // Stopped by a person: not what the scenario describes, and no fault of anybody's.
    if (result.exitCode === exitCode.tryAgain) return result.exitCode;
    return surprises.length === 0 ? result.exitCode : exitCode.bug;
  } finally {
    await simulation.close({ keep: options.keep === true });
    recording?.close();
  }
}

function list({ json }: RehearseOptions, output: Output): number {
  const scenarios = listScenarios(shippedScenarios());
  if (json) {
    output.out(`${JSON.stringify(scenarios, null, 2)}\n`);
    return exitCode.done;
  }
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  for (const { name, description, expect } of scenarios) {
    output.out(
      `${name.padEnd(width)}  ${expect.verdict.padEnd(8)}  exit ${String(expect.exit).padEnd(3)} ${description}\n`,
    );
  }
  return exitCode.done;
}

/** What Auto Scaling was told, by the simulator's own books rather than by the agent's word. */
function signalled({
  scenario,
  simulation,
}: SimulatedSurroundings): 'CONTINUE' | 'ABANDON' | 'none' {
  const { group, instance_id } = scenario.instance;
  if (group === undefined) return 'none';
  const actions = Object.values(simulation.aws.group(group)?.instances[instance_id]?.actions ?? {});
  return actions.find(({ outcome }) => outcome?.how === 'completed')?.outcome?.result ?? 'none';
}

/**
 * The node's health in each target group, by the load balancer's own checks; `not registered` where Auto Scaling never
 * brought it there. The first check comes with the registration, so there is little to wait for.
 */
async function seenByLoadBalancer({
  scenario,
  simulation,
}: SimulatedSurroundings): Promise<Record<string, string>> {
  const { instance_id, private_ipv4 } = scenario.instance;
  const health = (name: string) => {
    const id = scenario.targetGroups[name]?.type === 'ip' ? private_ipv4 : instance_id;
    return simulation.aws.targets.health(name, id);
  };
  const names = Object.keys(scenario.targetGroups);
  for (
    let tries = 0;
    tries < 40 && names.some((name) => health(name).state === 'initial');
    tries += 1
  )
    await simulation.clock.sleep(50);
  const classic = Object.keys(scenario.loadBalancers).map((name) => {
    const { state, description } = simulation.aws.loadBalancers.health(name, instance_id);
    return [
      `${name} (classic)`,
      description === 'N/A' ? state : `${state}: ${description.replace(/\.$/, '')}`,
    ];
  });
  return Object.fromEntries([
    ...names.map((name) => {
      const { state, reason } = health(name);
      const registered = reason !== 'Target.NotRegistered';
      return [name, registered ? [state, reason].filter(Boolean).join(', ') : 'not registered'];
    }),
    ...classic,
  ]);
}

function differencesFrom(
  surroundings: SimulatedSurroundings,
  { exitCode: code, verdict }: BootResult,
): string[] {
  const { expect } = surroundings.scenario;
  const told = signalled(surroundings);
  const surprises: string[] = [];
  if (code !== expect.exit) surprises.push(`exit code ${code}, described ${expect.exit}`);
  if (verdict.result !== expect.verdict)
    surprises.push(`verdict ${verdict.result}, described ${expect.verdict}`);
  if (told !== expect.signal)
    surprises.push(`Auto Scaling was told ${told}, described ${expect.signal}`);
  if (expect.because !== undefined && !verdict.because.includes(expect.because))
    surprises.push(`the reason does not say "${expect.because}"`);
  return surprises;
}

function ending(
  surroundings: SimulatedSurroundings,
  result: BootResult,
  targets: Readonly<Record<string, string>>,
  surprises: readonly string[],
): string {
  const { verdict } = result;
  const lines = [
    '',
    ...(verdict.result === 'CONTINUE' ? [`CONTINUE  ${verdict.because}`] : []),
    `Auto Scaling (simulated) was told: ${signalled(surroundings)}. Exit code ${result.exitCode}.`,
    ...Object.entries(targets).map(
      ([group, health]) => `The load balancer (simulated) sees it in ${group} as: ${health}.`,
    ),
    surprises.length === 0
      ? 'This is how the scenario describes it.'
      : 'This is NOT how the scenario describes it:',
    ...surprises.map((surprise) => `  ${surprise}`),
    '',
  ];
  return lines.join('\n');
}
