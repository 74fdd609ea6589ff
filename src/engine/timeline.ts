/** The timeline: what a boot spent its time on, and which part of that decided how long it took. Made from events alone. */
import type { Event } from '../events.ts';
import { balancerOf } from './sentence.ts';

export interface Timeline {
  readonly simulated: boolean;
  readonly instanceId?: string;
  readonly class?: string;
  readonly result?: 'CONTINUE' | 'ABANDON';
  readonly because?: string;
  readonly faults?: readonly string[];
  readonly totalMs: number;
  /** By part, in each part in the order in which they began. */
  readonly bars: readonly Bar[];
  /** Steps that never began. */
  readonly skipped: readonly string[];
}

export interface Bar {
  readonly name: string;
  readonly part: 'metadata' | 'identity' | 'plan' | 'step' | 'probe' | 'balancer' | 'hook';
  /** Milliseconds since the start of the agent. */
  readonly startMs: number;
  readonly endMs: number;
  /** One word or two: `changed`, `7 requests`, `CONTINUE`. */
  readonly outcome: string;
  /** Times that it was tried again. */
  readonly retries: number;
  /** On the critical path: had it been faster, the boot would have been. */
  readonly critical: boolean;
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** The timeline of one boot. Events of a boot that was cut off give the timeline up to there. */
export function timelineFrom(events: readonly Event[]): Timeline {
  const started = first(events, 'boot-started');
  const identity = first(events, 'identity-known');
  const verdict = events.findLast(is('verdict'));
  const totalMs = Math.max(0, ...events.map(({ elapsed }) => elapsed));
  const parts = [
    identityBars(events, totalMs),
    stepBars(events, totalMs),
    probeBars(events, totalMs),
    balancerBars(events, totalMs),
    hookBars(events),
  ];
  return {
    simulated: started?.simulated ?? false,
    ...(identity === undefined ? {} : { instanceId: identity.instanceId }),
    ...(chosenClass(events) === '' ? {} : { class: chosenClass(events) }),
    ...(verdict === undefined ? {} : { result: verdict.result, because: verdict.because }),
    ...(verdict?.faults === undefined ? {} : { faults: verdict.faults }),
    totalMs,
    bars: parts.flat(),
    skipped: all(events, 'step-finished').flatMap(({ step, outcome }) =>
      outcome === 'skipped' ? [step] : [],
    ),
  };
}

/** The timeline as a document for machines, with the critical path spelled out. */
export function timelineDocument(timeline: Timeline): object {
  return { ...timeline, criticalPath: criticalPath(timeline).map(({ name }) => name) };
}

/** The bars that decided how long the boot took, in order. */
export function criticalPath(timeline: Timeline): Bar[] {
  return timeline.bars.filter(({ critical }) => critical);
}

/** Metadata, identity, and what was made of it. A part that a boot did not get past lasts until its verdict. */
function identityBars(events: readonly Event[], totalMs: number): Bar[] {
  const bars: Bar[] = [];
  const known = first(events, 'identity-known');
  const planned = first(events, 'plan-made');
  const verdict = first(events, 'verdict');
  const cutOff = {
    endMs: verdict?.elapsed ?? totalMs,
    outcome: verdict === undefined ? 'unfinished' : 'failed',
  };
  const row = { critical: true, retries: 0 };
  const answers = all(events, 'metadata-answered').filter(
    ({ elapsed }) => elapsed <= (known?.elapsed ?? Number.POSITIVE_INFINITY),
  );
  const last = answers.at(-1);
  if (last !== undefined) {
    bars.push({
      ...row,
      name: 'metadata',
      part: 'metadata',
      startMs: Math.max(0, Math.min(...answers.map(({ elapsed, ms }) => elapsed - ms))),
      endMs: last.elapsed,
      outcome: `${known?.requests ?? answers.length} requests`,
      retries: all(events, 'metadata-retrying').length,
    });
  }
  if (first(events, 'boot-started') !== undefined) {
    const ended = known && { endMs: known.elapsed, outcome: chosenClass(events) };
    const startMs = known === undefined ? 0 : Math.max(0, known.elapsed - known.ms);
    bars.push({ ...row, name: 'identity', part: 'identity', startMs, ...(ended ?? cutOff) });
  }
  if (known !== undefined) {
    const ended = planned && { endMs: planned.elapsed, outcome: `${planned.steps} steps` };
    const startMs = known.elapsed;
    bars.push({ ...row, name: 'role and plan', part: 'plan', startMs, ...(ended ?? cutOff) });
  }
  return bars;
}

function chosenClass(events: readonly Event[]): string {
  return first(events, 'class-chosen')?.class ?? '';
}

function stepBars(events: readonly Event[], totalMs: number): Bar[] {
  const ends = new Map(all(events, 'step-finished').map((event) => [event.step, event]));
  const starts = new Map(all(events, 'step-started').map((event) => [event.step, event]));
  const retries = all(events, 'step-retrying');
  const critical = criticalSteps(starts, ends);
  return [...starts.values()].map(({ step, elapsed }) => ({
    name: step,
    part: 'step',
    startMs: elapsed,
    endMs: ends.get(step)?.elapsed ?? totalMs,
    outcome: outcomeOf(ends.get(step)),
    retries: retries.filter((event) => event.step === step).length,
    critical: critical.has(step),
  }));
}

/** A step that another one's failure stopped did not fail itself. */
function outcomeOf(end: Of<'step-finished'> | undefined): string {
  if (end === undefined) return 'unfinished';
  return end.stoppedBy === undefined ? end.outcome : 'stopped';
}

/** Back from the step that ended the run (the first that failed, else the last that finished), by what held each up. */
function criticalSteps(
  starts: ReadonlyMap<string, Of<'step-started'>>,
  ends: ReadonlyMap<string, Of<'step-finished'>>,
): Set<string> {
  const finished = [...ends.values()].filter(({ step }) => starts.has(step));
  const failed = finished.filter(({ outcome }) => outcome === 'failed');
  const last =
    failed.find(({ stoppedBy }) => stoppedBy === undefined) ?? failed[0] ?? finished.at(-1);
  const path = new Set<string>();
  for (let step = last?.step; step !== undefined && !path.has(step); ) {
    path.add(step);
    step = starts.get(step)?.heldUpBy;
  }
  return path;
}

/** From the end of the last step, when probing begins, to the last answer of each probe. */
function probeBars(events: readonly Event[], totalMs: number): Bar[] {
  const answers = all(events, 'probe-answered');
  const begun = Math.max(
    0,
    ...all(events, 'step-finished').map(({ elapsed }) => elapsed),
    first(events, 'plan-made')?.elapsed ?? 0,
  );
  const verdictAt = first(events, 'verdict')?.elapsed ?? totalMs;
  const lastByProbe = new Map(answers.map((answer) => [answer.probe, answer]));
  const slowest = [...lastByProbe.values()].at(-1)?.probe;
  return [...lastByProbe.values()].map((answer) => {
    const healthy = answer.ok && answer.inARow >= answer.wanted;
    return {
      name: answer.probe,
      part: 'probe',
      startMs: Math.min(begun, answer.elapsed),
      endMs: healthy ? answer.elapsed : verdictAt,
      outcome: healthy ? 'healthy' : 'not healthy',
      retries: 0,
      critical: healthy ? answer.probe === slowest : true,
    };
  });
}

/** From where the node, healthy by its probes, began to register to where each load balancer found it healthy. */
function balancerBars(events: readonly Event[], totalMs: number): Bar[] {
  const begun = first(events, 'registering');
  if (begun === undefined) return [];
  const verdictAt = first(events, 'verdict')?.elapsed ?? totalMs;
  const seen = all(events, 'target-health').filter(({ elapsed }) => elapsed <= verdictAt);
  const found = begun.balancers.map((name) => ({
    name,
    healthy: seen.findLast((one) => balancerOf(one) === name && one.state === 'healthy'),
  }));
  const slowest = Math.max(0, ...found.map(({ healthy }) => healthy?.elapsed ?? 0));
  return found.map(({ name, healthy }) => ({
    name,
    part: 'balancer',
    startMs: begun.elapsed,
    endMs: healthy?.elapsed ?? verdictAt,
    outcome: healthy === undefined ? 'not healthy' : 'healthy',
    retries: 0,
    critical: healthy === undefined || healthy.elapsed === slowest,
  }));
}

function hookBars(events: readonly Event[]): Bar[] {
  const completed = first(events, 'hook-completed');
  if (completed === undefined || completed.outcome === 'not-sent') return [];
  const startMs = first(events, 'verdict')?.elapsed ?? completed.elapsed;
  return [
    {
      name: 'launch hook',
      part: 'hook',
      startMs,
      endMs: completed.elapsed,
      outcome: completed.result,
      retries: 0,
      critical: true,
    },
  ];
}

function is<T extends Event['type']>(type: T): (event: Event) => event is Of<T> {
  return (event): event is Of<T> => event.type === type;
}

function all<T extends Event['type']>(events: readonly Event[], type: T): Of<T>[] {
  return events.filter(is(type));
}

function first<T extends Event['type']>(events: readonly Event[], type: T): Of<T> | undefined {
  return events.find(is(type));
}
