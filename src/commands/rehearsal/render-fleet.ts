/** A fleet's rehearsal as text, a hundred columns wide. */
import type { LimitView } from '../../simulator/services/limits.ts';
import type { FleetNode } from './boot-fleet.ts';
import type { FleetReport } from './fleet-report.ts';

export function renderFleet(report: FleetReport): string {
  const { nodes, inServiceMs, verdicts } = report;
  const half = Math.ceil(nodes / 2);
  const lines = [
    '',
    `In service            after (scenario time, from the first launch)`,
    `  ${'1st node'.padEnd(20)}${seconds(inServiceMs.first)}`,
    ...(half > 1 ? [`  ${`${ordinal(half)} node`.padEnd(20)}${seconds(inServiceMs.half)}`] : []),
    ...(nodes > 1 ? [`  ${`${ordinal(nodes)} node`.padEnd(20)}${seconds(inServiceMs.last)}`] : []),
    `  ${verdicts.CONTINUE} CONTINUE, ${verdicts.ABANDON} ABANDON`,
    '',
    `${'Calls'.padEnd(52)}${'all'.padStart(9)}${'a node'.padStart(10)}`,
    ...report.calls.map(
      ({ call, all, aNode }) =>
        `  ${call.padEnd(50)}${String(all).padStart(9)}${aNode.toFixed(2).padStart(10)}`,
    ),
    '',
    `${'Limits of the account'.padEnd(52)}${'busiest s'.padStart(9)}${'holds'.padStart(10)}${'refill/s'.padStart(10)}${'refused'.padStart(10)}`,
    ...report.limits.flatMap(limitLines),
    '',
    ...throttleLines(report),
    '',
    'Slowest',
    ...report.slowest.flatMap(nodeLines),
    '',
    ...ending(report),
    '',
  ];
  return lines.join('\n');
}

function limitLines({ name, tokens, perSecond, peak, refused }: LimitView): string[] {
  const held = tokens === undefined ? 'unknown' : String(tokens);
  const refill = perSecond === undefined ? 'unknown' : String(perSecond);
  const numbers = [held, refill, refused].map((one) => String(one).padStart(10)).join('');
  const counted = `${String(peak).padStart(9)}${numbers}`;
  // A long name keeps its line to itself, so that the numbers stay below each other.
  return name.length <= 50
    ? [`  ${name.padEnd(50)}${counted}`]
    : [`  ${name}`, `${' '.repeat(52)}${counted}`];
}

function throttleLines({ throttles }: FleetReport): string[] {
  if (throttles.length === 0) return ['Throttles: none was met.'];
  const held = throttles.some(({ onCriticalPathOf }) => onCriticalPathOf > 0);
  return [
    `Throttles: ${held ? 'nodes were held up.' : 'met, and none held up a node.'}`,
    ...throttles.map(({ call, times, nodes, onCriticalPathOf }) => {
      const who = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
      return `  ${call}: ${times} times, by ${who}; on the critical path of ${onCriticalPathOf}`;
    }),
  ];
}

function nodeLines({ node, inServiceMs, launchedMs, spent, throttles, because }: FleetNode) {
  const after = inServiceMs === undefined ? 'never' : seconds(inServiceMs - launchedMs);
  const most = spent.slice(0, 3).map(({ name, ms }) => `${name} ${seconds(ms)}`);
  const critical = throttles.filter((one) => one.critical).map(({ call }) => call);
  const slowed = critical.length === 0 ? [] : [`throttled at ${[...new Set(critical)].join(', ')}`];
  const why = inServiceMs === undefined ? [because.split('\n')[0] ?? ''] : [...most, ...slowed];
  return [`  ${node}  ${after}`, `    ${why.join(', ')}`.slice(0, 100)];
}

function ending({ asDescribed, surprises, throttles, limits }: FleetReport): string[] {
  const unknown = limits.some(({ tokens }) => tokens === undefined);
  const asked = throttles.some(({ onCriticalPathOf }) => onCriticalPathOf > 0);
  return [
    ...(unknown
      ? [
          'AWS publishes no limit where one is unknown. aws.limits in a scenario sets one, to see what it does.',
        ]
      : []),
    ...(asked
      ? ['Fewer calls, or a launch that is spread over some seconds, would have been faster.']
      : []),
    asDescribed
      ? 'All ended as the scenario describes it.'
      : 'These did NOT end as the scenario describes it:',
    ...surprises.map((surprise) => `  ${surprise}`),
  ];
}

function seconds(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1000).toFixed(2)} s`;
}

function ordinal(n: number): string {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  const ending = teen ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}
