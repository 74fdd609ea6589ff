/** What is said of a fleet's rehearsal: how soon its nodes served, what they asked of AWS, where AWS slowed them down. */
import type { SimulatedFleet } from '../../simulator/fleet.ts';
import type { Scenario } from '../../simulator/scenario/scenario.ts';
import type { LimitView } from '../../simulator/services/limits.ts';
import type { FleetNode } from './boot-fleet.ts';

export interface FleetReport {
  readonly scenario: Pick<Scenario, 'name' | 'description' | 'expect'>;
  readonly seed: string;
  readonly nodes: number;
  readonly group: string;
  readonly launchesOverSeconds: number;
  readonly asDescribed: boolean;
  /** Nodes that did not end as the scenario describes, and how they ended. */
  readonly surprises: readonly string[];
  readonly verdicts: Readonly<Record<'CONTINUE' | 'ABANDON', number>>;
  /** Milliseconds of the scenario's time from the first launch; null where so many never served. */
  readonly inServiceMs: Readonly<Record<'first' | 'half' | 'last', number | null>>;
  readonly calls: readonly {
    readonly call: string;
    readonly all: number;
    readonly aNode: number;
  }[];
  readonly limits: readonly LimitView[];
  readonly throttles: readonly Throttled[];
  /** Those that came into service last, or never. */
  readonly slowest: readonly FleetNode[];
}

export interface Throttled {
  readonly call: string;
  readonly times: number;
  readonly nodes: number;
  /** Nodes that it held up. */
  readonly onCriticalPathOf: number;
}

const shown = 3;

export function fleetReport(
  scenario: Scenario,
  seed: string,
  fleet: SimulatedFleet,
  nodes: readonly FleetNode[],
): FleetReport {
  const { name, description, expect } = scenario;
  const serving = nodes.flatMap(({ inServiceMs }) => inServiceMs ?? []).sort((a, b) => a - b);
  const nth = (n: number) => serving[n - 1] ?? null;
  const count = (verdict: string) => nodes.filter((node) => node.verdict === verdict).length;
  const surprises = surprisesIn(scenario, nodes);
  return {
    scenario: { name, description, expect },
    seed,
    nodes: nodes.length,
    group: scenario.instance.group ?? '',
    launchesOverSeconds: scenario.launchesOverSeconds,
    asDescribed: surprises.length === 0,
    surprises,
    verdicts: { CONTINUE: count('CONTINUE'), ABANDON: count('ABANDON') },
    inServiceMs: { first: nth(1), half: nth(Math.ceil(nodes.length / 2)), last: nth(nodes.length) },
    calls: callsOf(fleet, nodes.length),
    limits: fleet.limits.views.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    throttles: throttledIn(nodes),
    slowest: nodes
      .toSorted((a, b) => readyMs(b) - readyMs(a) || (a.node < b.node ? -1 : 1))
      .slice(0, shown),
  };
}

function readyMs({ inServiceMs, launchedMs }: FleetNode): number {
  return inServiceMs === undefined ? Number.POSITIVE_INFINITY : inServiceMs - launchedMs;
}

function surprisesIn({ expect, instance }: Scenario, nodes: readonly FleetNode[]): string[] {
  const ends = new Map<string, string[]>();
  for (const { node, exitCode, verdict, signalled, because } of nodes) {
    const signal = instance.group === undefined ? expect.signal : signalled;
    const same =
      exitCode === expect.exit &&
      verdict === expect.verdict &&
      signal === expect.signal &&
      because.includes(expect.because ?? '');
    if (same) continue;
    const [firstLine = ''] = because.replaceAll(node, 'INSTANCE').split('\n');
    const end = `${verdict}, exit ${exitCode}, its group told ${signalled}: ${firstLine}`;
    ends.set(end, [...(ends.get(end) ?? []), node]);
  }
  return [...ends].map(
    ([end, [first = '', ...others]]) =>
      `${first}${others.length === 0 ? '' : ` and ${others.length} more`}: ${end}`,
  );
}

function callsOf(fleet: SimulatedFleet, nodes: number): FleetReport['calls'] {
  const counts = new Map<string, number>();
  for (const { service, operation } of fleet.aws.ledger.calls) {
    const call = `${service}:${operation}`;
    counts.set(call, (counts.get(call) ?? 0) + 1);
  }
  const requests = fleet.nodes.reduce((sum, { metadata }) => sum + metadata.requests.length, 0);
  return [['metadata', requests] as const, ...[...counts].sort()].map(([call, all]) => ({
    call,
    all,
    aNode: Math.round((all / nodes) * 100) / 100,
  }));
}

function throttledIn(nodes: readonly FleetNode[]): Throttled[] {
  const calls = new Set(nodes.flatMap(({ throttles }) => throttles.map(({ call }) => call)));
  return [...calls].sort().map((call) => {
    const met = nodes.map(({ throttles }) => throttles.filter((one) => one.call === call));
    return {
      call,
      times: met.flat().length,
      nodes: met.filter((ones) => ones.length > 0).length,
      onCriticalPathOf: met.filter((ones) => ones.some(({ critical }) => critical)).length,
    };
  });
}
