/** The health gate: asks all probes until each has succeeded often enough in a row, or one has run out of time. */
import type { Clock } from '../clock.ts';
import { deadlineSignal } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Host } from '../host/host.ts';
import type { Probe } from '../plan/plan.ts';
import { type Answer, ask } from './ask.ts';
import type { Verdict } from './verdict.ts';

/**
 * A pause is a share of what was waited so far: a service is found healthy within that share of the time that it took to start.
 * A command is a process each time.
 */
const pauses = {
  request: { shortestMs: 10, share: 0.05 },
  command: { shortestMs: 25, share: 0.2 },
};
/** Of equal answers every so manyth is told: a log of a slow start stays readable and still shows that it is alive. */
const tellEvery = 10;
/** Each look at the units costs a process; a second's delay of an ABANDON costs nothing. */
const longestWatchMs = 1000;

export interface AwaitHealthyOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds from which the deadlines count, the end of the last step; default: now. */
  readonly since?: number;
  /** Says why waiting any longer is in vain (the service's unit has failed), or nothing. Asked every second or interval. */
  readonly alive?: () => Promise<string | undefined>;
  /** What the node itself says about it, several lines, for the message of a probe that ran out of time. */
  readonly explain?: () => Promise<string>;
  /** Called after every answer: the node is still being waited for, within the deadlines of its role. */
  readonly asked?: () => void;
}

/**
 * Waits until every probe is healthy, by the rule of a target group: so many successes in a row. The verdict is ABANDON,
 * with a StepError, as soon as one probe's deadline has passed or `alive` gives a reason, and with the signal's reason
 * when that is aborted. Never throws for an unhealthy node.
 */
export async function awaitHealthy(
  probes: readonly Probe[],
  options: AwaitHealthyOptions,
): Promise<Verdict> {
  if (probes.length === 0) return { result: 'CONTINUE', because: 'no probes in the role' };
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const since = options.since ?? options.clock.monotonic();
  try {
    const each = probes.map((probe) => untilHealthy(probe, since, { ...options, signal }));
    const watch = untilDead(probes, { ...options, signal });
    const answers = await Promise.race([Promise.all(each), watch]);
    return { result: 'CONTINUE', because: healthyInWords(answers) };
  } catch (error) {
    const because = options.signal.aborted ? messageOf(options.signal.reason) : messageOf(error);
    const cause = options.signal.aborted ? options.signal.reason : error;
    return {
      result: 'ABANDON',
      because,
      error: cause instanceof Error ? cause : new StepError(because),
    };
  } finally {
    over.abort();
  }
}

async function untilHealthy(
  probe: Probe,
  since: number,
  options: AwaitHealthyOptions,
): Promise<{ probe: Probe; answer: Answer }> {
  const { clock, signal } = options;
  const deadline = since + probe.deadlineSeconds * 1000;
  const teller = answerTeller(probe, options.tell);
  const pauses = pausesOf(probe);
  let last: Answer | undefined;
  for (let inARow = 0; ; ) {
    const left = deadline - clock.monotonic();
    if (left <= 0) {
      const unhealthy = unhealthyInWords(probe, last, clock.monotonic() - since);
      // Without an explanation it is still unhealthy.
      const explained = await options.explain?.().catch(messageOf);
      throw new StepError([unhealthy, explained].filter(Boolean).join('\n'));
    }
    const answer = await askWithin(left, probe, options);
    signal.throwIfAborted();
    last = answer ?? last;
    if (answer === undefined) continue;
    inARow = answer.ok ? inARow + 1 : 0;
    teller(answer, inARow);
    options.asked?.();
    if (inARow >= probe.successes) return { probe, answer };
    const pause = Math.min(pauses.next().value, Math.max(0, deadline - clock.monotonic()));
    await clock.sleep(pause, signal);
  }
}

/** One answer, or undefined when the deadline came first: a try that starts shortly before it must not outlast it. */
async function askWithin(
  ms: number,
  probe: Probe,
  { host, clock, signal }: AwaitHealthyOptions,
): Promise<Answer | undefined> {
  const tryMs = probe.timeoutSeconds * 1000;
  const timedOut = new StepError('timed out');
  const timer = deadlineSignal(clock, Math.min(ms, tryMs), timedOut, signal);
  try {
    return await ask(probe, host, timer.signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (!timer.signal.aborted) throw error;
    if (ms < tryMs) return undefined;
    return { ok: false, detail: `no answer within ${probe.timeoutSeconds} s` };
  } finally {
    timer.release();
  }
}

/** Never resolves; rejects when the node is beyond hope. */
async function untilDead(
  probes: readonly Probe[],
  { alive, clock, signal }: AwaitHealthyOptions,
): Promise<never> {
  if (alive === undefined) return new Promise<never>(() => undefined);
  const pauseMs = Math.min(longestWatchMs, ...probes.map((p) => p.intervalSeconds * 1000));
  for (;;) {
    await clock.sleep(pauseMs, signal);
    const reason = await alive();
    if (reason !== undefined) throw new StepError(reason);
  }
}

/** Between the tries of one probe, milliseconds. */
export function* pausesOf({ kind, intervalSeconds }: Probe): Generator<number, never> {
  const { shortestMs, share } = kind === 'command' ? pauses.command : pauses.request;
  for (let waitedMs = 0; ; ) {
    const ms = Math.min(Math.max(shortestMs, waitedMs * share), intervalSeconds * 1000);
    yield ms;
    waitedMs += ms;
  }
}

function answerTeller(probe: Probe, tell: Tell): (answer: Answer, inARow: number) => void {
  let before: string | undefined;
  let same = 0;
  return ({ ok, detail }, inARow) => {
    same = before === detail ? same + 1 : 0;
    before = detail;
    const decisive = ok && inARow >= probe.successes;
    if (same % tellEvery !== 0 && !decisive) return;
    tell({
      type: 'probe-answered',
      probe: probe.id,
      ok,
      detail,
      inARow,
      wanted: probe.successes,
    });
  };
}

function healthyInWords(answers: readonly { probe: Probe; answer: Answer }[]): string {
  return answers.map(({ probe, answer }) => `${probe.id}: ${answer.detail}`).join('; ');
}

function unhealthyInWords(probe: Probe, last: Answer | undefined, triedMs: number): string {
  const times = probe.successes === 1 ? '' : ` ${probe.successes} times in a row`;
  const seconds = Math.round(triedMs / 1000);
  return `${probe.id} wanted ${wantedInWords(probe)}${times}; last answer after ${seconds} s: ${last?.detail ?? 'none'}`;
}

function wantedInWords(probe: Probe): string {
  switch (probe.kind) {
    case 'http':
      return `${probe.codes} from GET http://${probe.host}:${probe.port}${probe.path}`;
    case 'tcp':
      return `a connection to port ${probe.port}`;
    case 'command':
      return `exit code 0 from ${probe.argv.join(' ')}`;
  }
}
