/** Boots a fleet: all nodes of a simulated group at once, each by the agent's own boot, and what became of each. */
import packageJson from '../../../package.json' with { type: 'json' };
import { criticalPath, timelineFrom } from '../../engine/timeline.ts';
import type { Event } from '../../events.ts';
import { StoppedError } from '../../exit-code.ts';
import type { SimulatedFleet } from '../../simulator/fleet.ts';
import type { SimulatedNode } from '../../simulator/node.ts';
import type { Scenario } from '../../simulator/scenario/scenario.ts';
import type { Pace } from '../../simulator/time/pace.ts';
import { type BootResult, boot } from '../boot.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Throttle, throttlesIn } from './throttles.ts';

export interface FleetNode {
  readonly node: string;
  readonly exitCode: number;
  readonly verdict: 'CONTINUE' | 'ABANDON';
  readonly because: string;
  readonly signalled: 'CONTINUE' | 'ABANDON' | 'none';
  /** Milliseconds of the scenario's time from the first launch of the fleet to this one's launch. */
  readonly launchedMs: number;
  /** The same until its group had it in service; absent where it never came there. */
  readonly inServiceMs?: number;
  /** What its boot spent its time on, longest first. */
  readonly spent: readonly { readonly name: string; readonly ms: number }[];
  readonly throttles: readonly Throttle[];
}

export interface FleetBoot {
  readonly scenario: Scenario;
  readonly fleet: SimulatedFleet;
  readonly pace: Pace;
  readonly surroundingsOf: (node: SimulatedNode) => Surroundings;
  /** Told of every event of every node, redacted. */
  readonly listener?: (node: string, event: Event) => void;
  /** Told when a node's boot is over. */
  readonly booted?: (node: FleetNode) => void;
  readonly signal: AbortSignal;
}

/** Starts the clock, and resolves when all are booted. Rejects with StoppedError where it is stopped before. */
export async function bootFleet(boots: FleetBoot): Promise<FleetNode[]> {
  const { fleet, pace, booted, signal } = boots;
  const begin = pace.clock.monotonic();
  const running = fleet.nodes.map(async (node, n) => {
    const launchedMs = fleet.launchedAt(n);
    if (launchedMs > 0) await pace.clock.sleep(launchedMs, signal);
    const result = await bootOne(boots, node);
    const summary = summaryOf(boots, node, result, launchedMs, begin);
    booted?.(summary);
    return summary;
  });
  pace.clock.start();
  const ended = await Promise.allSettled(running);
  if (signal.aborted) throw signal.reason ?? new StoppedError('Stopped.');
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

async function bootOne(
  { surroundingsOf, listener, signal }: FleetBoot,
  node: SimulatedNode,
): Promise<BootResult> {
  const { instance_id: id } = node.instance;
  const result = await boot(surroundingsOf(node), {
    agentVersion: packageJson.version,
    listeners: listener === undefined ? [] : [(event) => listener(id, event)],
    signal,
  });
  await result.inService?.(signal);
  return result;
}

function summaryOf(
  { scenario, fleet, pace }: FleetBoot,
  node: SimulatedNode,
  { exitCode, verdict, events }: BootResult,
  launchedMs: number,
  begin: number,
): FleetNode {
  const { instance_id: id } = node.instance;
  const member = fleet.aws.group(scenario.instance.group ?? '')?.instances[id];
  const actions = Object.values(member?.actions ?? {});
  const told = actions.find(({ outcome }) => outcome?.how === 'completed')?.outcome?.result;
  const since = pace.clock.now() - (pace.clock.monotonic() - begin);
  const serving = member?.history.find(({ state }) => state === 'InService');
  const timeline = timelineFrom(events);
  const spent = criticalPath(timeline)
    .filter(({ part }) => part !== 'metadata')
    .map(({ name, startMs, endMs }) => ({ name, ms: Math.round(endMs - startMs) }))
    .sort((a, b) => b.ms - a.ms);
  return {
    node: id,
    exitCode,
    verdict: verdict.result,
    because: verdict.because,
    signalled: told ?? 'none',
    launchedMs,
    ...(serving !== undefined && { inServiceMs: Math.round(serving.at - since) }),
    spent,
    throttles: throttlesIn(events, timeline),
  };
}
