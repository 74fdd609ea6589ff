/** Throttles: the calls of one boot that AWS refused because an API limit of the account was reached. */
import type { Bar, Timeline } from '../../engine/timeline.ts';
import type { Event } from '../../events.ts';

export interface Throttle {
  /** `secretsmanager:BatchGetSecretValue` */
  readonly call: string;
  /** Milliseconds since the start of the agent. */
  readonly atMs: number;
  /** The node would have been ready, or its group told, sooner without it. */
  readonly critical: boolean;
}

type Call = Extract<Event, { type: 'aws-called' }>;

/** In the words of each service; what they have in common is that nothing was wrong with the call itself. */
const codes = /^(RequestLimitExceeded|SlowDown|Throttling(Exception)?|RateExceeded)$/;

export function throttlesIn(events: readonly Event[], timeline: Timeline): Throttle[] {
  const calls = events.filter((event) => event.type === 'aws-called');
  return calls
    .filter(({ error }) => error !== undefined && codes.test(error))
    .map((call) => ({
      call: `${call.service}:${call.operation}`,
      atMs: call.elapsed,
      critical: isCritical(call, events, timeline),
    }));
}

/** Before there is a plan everything waits for the answer; later only what is on the critical path and makes such calls. */
function isCritical(call: Call, events: readonly Event[], { bars }: Timeline): boolean {
  const planned = events.find(({ type }) => type === 'plan-made')?.elapsed;
  const verdict = events.find(({ type }) => type === 'verdict')?.elapsed ?? Infinity;
  if (call.operation === 'CompleteLifecycleAction') return true;
  if (call.service === 'autoscaling')
    return call.elapsed <= verdict && heldUp(call, events, verdict);
  if (planned === undefined || call.elapsed <= planned) return true;
  return bars.some(
    (bar) =>
      bar.critical &&
      bar.part === 'step' &&
      bar.startMs <= call.elapsed &&
      call.elapsed <= bar.endMs &&
      callsOf(bar) === call.service,
  );
}

/** The hook is looked for beside the work; only a search that is not over at the end of it holds anything up. */
function heldUp({ operation }: Call, events: readonly Event[], verdict: number): boolean {
  const answer = events.find(
    (event) =>
      event.type === 'aws-called' && event.operation === operation && event.outcome === 'ok',
  );
  return operation === 'DescribeLifecycleHooks' && (answer?.elapsed ?? Infinity) > verdict;
}

function callsOf({ name }: Bar): string | undefined {
  if (name === 'secrets') return 'secretsmanager';
  return name.startsWith('artifact:') ? 's3' : undefined;
}
