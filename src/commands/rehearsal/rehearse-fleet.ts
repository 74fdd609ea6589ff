/** `agent rehearse --fleet N`: many nodes of one scenario at once, against one account's API limits. */
import { ConfigError } from '../../errors.ts';
import { exitCode, StoppedError } from '../../exit-code.ts';
import { startFleet } from '../../simulator/fleet.ts';
import type { Witness } from '../../simulator/simulation.ts';
import { paceBy } from '../../simulator/time/pace.ts';
import type { Output } from '../output.ts';
import { simulatedFleet } from '../simulated.ts';
import { bootFleet, type FleetNode } from './boot-fleet.ts';
import { fleetReport } from './fleet-report.ts';
import { loadAhead } from './load-ahead.ts';
import { renderFleet } from './render-fleet.ts';
import { beginTrace, keepTrace, type TraceTo } from './traced.ts';

export interface RehearseFleetOptions {
  readonly scenario: string;
  /** Nodes, at least 1. */
  readonly fleet: number;
  readonly seed: string;
  readonly roles?: string;
  readonly trace?: TraceTo;
  readonly json?: boolean;
}

/** Gives 0 where all nodes ended as the scenario describes, 70 where one did not, 75 where a person stopped it. */
export async function rehearseFleet(
  options: RehearseFleetOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { fleet: count, seed, roles } = options;
  const { scenario, surroundingsOf } = await simulatedFleet(options.scenario, roles);
  if (scenario.earlierNodes > 0)
    throw new ConfigError(
      `${scenario.name} is no scenario for a fleet: it is about one node that comes after others (earlier_nodes). Choose one without, such as the one that it extends`,
    );
  const pace = paceBy(seed, scenario.answersMs);
  const trace =
    options.trace === undefined ? undefined : await beginTrace(scenario, pace.clock.monotonic);
  const over = scenario.launchesOverSeconds;
  const when = over === 0 ? 'at once' : `within ${over} s`;
  output.err(
    `Rehearsing ${count} nodes of ${scenario.name} ${when} (simulated): ${scenario.description}\n`,
  );
  await loadAhead();
  const witness: Witness | undefined = trace && {
    metadata: (id, request) => trace.request(id, request),
    call: (call) => trace.call(fleet.callerOf(call.caller) ?? 'unknown', call),
  };
  const fleet = await startFleet(scenario, count, pace, witness);
  trace?.replace(fleet.aws.url, 'http://aws.simulated');
  for (const { metadata } of fleet.nodes) trace?.replace(metadata.url, 'http://metadata.simulated');
  const progress = countOn(output, count);
  try {
    const nodes = await bootFleet({
      scenario,
      fleet,
      pace,
      surroundingsOf: (node) => surroundingsOf(node, fleet.aws, pace),
      ...(trace && { listener: (id, event) => trace.event(id, event) }),
      booted: progress.one,
      signal,
    });
    progress.end();
    const report = fleetReport(scenario, seed, fleet, nodes);
    if (trace !== undefined && options.trace !== undefined) {
      for (const { node, exitCode, verdict, because } of nodes)
        trace.end(node, { exitCode, verdict, because });
      const staged = { scenario: options.scenario, fleet: count, seed, ...(roles && { roles }) };
      await keepTrace(trace, staged, options.trace);
    }
    output.out(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderFleet(report));
    return report.asDescribed ? exitCode.done : exitCode.bug;
  } catch (error) {
    progress.end();
    if (!(error instanceof StoppedError)) throw error;
    output.err(`agent: ${error.message} The rehearsal ended there.\n`);
    return exitCode.tryAgain;
  } finally {
    await fleet.close();
  }
}

/** How many are booted, on a terminal. */
function countOn({ err, terminal }: Output, count: number) {
  let booted = 0;
  return {
    one: (_: FleetNode) => {
      booted += 1;
      if (terminal) err(`\r${booted} of ${count} booted`);
    },
    end: () => {
      if (terminal && booted > 0) err('\r\u001b[K');
    },
  };
}
