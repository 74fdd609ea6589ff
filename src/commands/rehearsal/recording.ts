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
  readonly simulation: SimulationOptions;
  /** Starts the clock; what it gives must hear of every event of the boot. */
  begin(surroundings: SimulatedSurroundings): Listener[];
  end(result: BootResult): Trace;
}

/** Throws ConfigError where the scenario is wrong, or cannot be traced. */
export async function recordingOf(nameOrPath: string, seed: string): Promise<Recording> {
  const scenario = await loadScenario(nameOrPath, shippedScenarios());
  const { instance_id: node } = scenario.instance;
  const pace = paceBy(seed, scenario.answersMs);
  const trace = await beginTrace(scenario, pace.clock.monotonic);
  const witness = {
    metadata: trace.request.bind(trace),
    call: (call: Parameters<Trace['call']>[1]) => trace.call(node, call),
  };
  return {
    simulation: { pace, witness },
    begin({ simulation }) {
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
  };
}
