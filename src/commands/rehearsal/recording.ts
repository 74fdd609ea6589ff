/** Recording: one rehearsed boot by the event clock, and its trace. */
import type { Listener } from '../../events.ts';
import { loadScenario } from '../../simulator/scenario/load-scenario.ts';
import type { SimulationOptions } from '../../simulator/simulation.ts';
import { paceBy } from '../../simulator/time/pace.ts';
import type { Trace } from '../../simulator/trace.ts';
import type { BootResult } from '../boot.ts';
import { type SimulatedSurroundings, shippedScenarios } from '../simulated.ts';
import { beginTrace } from './traced.ts';

export interface Recording {
  /** What the simulation of the scenario's own node is started with. */
  readonly own: SimulationOptions;
  /** The same of another one. */
  simulationOf(node: string): SimulationOptions;
  /** Once its simulation stands, before it boots; what it gives must hear of every event of the boot. Starts the clock. */
  begin(surroundings: SimulatedSurroundings): Listener[];
  /** Of the scenario's own node, the last to boot. */
  end(result: BootResult): Trace;
  /** Nobody is woken any more. */
  close(): void;
}

/** Throws ConfigError where the scenario is wrong, or cannot be traced. */
export async function recordingOf(nameOrPath: string, seed: string): Promise<Recording> {
  const scenario = await loadScenario(nameOrPath, shippedScenarios());
  const { instance_id: node } = scenario.instance;
  const pace = paceBy(seed, scenario.answersMs);
  const trace = await beginTrace(scenario, pace.clock.monotonic);
  const simulationOf = (node: string): SimulationOptions => ({
    pace,
    witness: { metadata: trace.request.bind(trace), call: (call) => trace.call(node, call) },
  });
  return {
    own: simulationOf(node),
    simulationOf,
    begin({ scenario, simulation }) {
      const { instance_id: node } = scenario.instance;
      trace.replace(simulation.aws.url, 'http://aws.simulated');
      trace.replace(simulation.metadata.url, 'http://metadata.simulated');
      trace.replace(simulation.root, '');
      pace.clock.start();
      return [(event) => trace.event(node, event)];
    },
    end({ exitCode, verdict: { result, because } }) {
      trace.end(node, { exitCode, verdict: result, because });
      return trace;
    },
    close: () => pace.clock.close(),
  };
}
