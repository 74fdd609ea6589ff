/** The timeline: what a boot spent its time on, and which part of that decided how long it took. Made from events alone. */
import type { Event } from '../events.ts';
import type { Bar } from './bar.ts';
import { endingBars } from './ending-bars.ts';
import { all, first, is } from './events-of.ts';
import { machineBars, unitBars } from './machine-bars.ts';
import type { MachineTimes } from './machine-times.ts';
import { stepBars } from './step-bars.ts';
import { type Span, type Wait, waitsForAws, waitsForMetadata } from './waits.ts';

export interface Timeline {
  readonly simulated: boolean;
  readonly instanceId?: string;
  readonly class?: string;
  readonly result?: 'CONTINUE' | 'ABANDON';
  readonly because?: string;
  readonly faults?: readonly string[];
  /** To the end of the boot, milliseconds since the start of the agent. */
  readonly totalMs: number;
  /** Where the axis begins and ends: with the kernel, where systemd tells of it, and with the last that is known of the node. */
  readonly fromMs: number;
  readonly toMs: number;
  /** By part, in each part in the order in which they began. */
  readonly bars: readonly Bar[];
  /** Steps that never began. */
  readonly skipped: readonly string[];
}

export type { Bar } from './bar.ts';

/** The timeline of one boot. Events of a boot that was cut off give the timeline up to there. */
export function timelineFrom(events: readonly Event[], machine?: MachineTimes): Timeline {
  const started = first(events, 'boot-started');
  const identity = first(events, 'identity-known');
  const verdict = events.findLast(is('verdict'));
  const toMs = Math.max(0, ...events.map(({ elapsed }) => elapsed));
  const totalMs = first(events, 'boot-finished')?.elapsed ?? toMs;
  const before = machineBars(machine);
  const parts = [
    before,
    identityBars(events, totalMs),
    stepBars(events, totalMs),
    unitBars(machine, totalMs),
    endingBars(events, totalMs, toMs),
  ];
  return {
    simulated: started?.simulated ?? false,
    ...(identity === undefined ? {} : { instanceId: identity.instanceId }),
    ...(chosenClass(events) === '' ? {} : { class: chosenClass(events) }),
    ...(verdict === undefined ? {} : { result: verdict.result, because: verdict.because }),
    ...(verdict?.faults === undefined ? {} : { faults: verdict.faults }),
    totalMs,
    fromMs: Math.min(0, ...before.map(({ startMs }) => startMs)),
    toMs,
    bars: parts.flat(),
    skipped: all(events, 'step-finished').flatMap(({ step, outcome }) =>
      outcome === 'skipped' ? [step] : [],
    ),
  };
}

/** The timeline as a document for machines, with the critical path spelled out. */
export function timelineDocument(timeline: Timeline): object {
  return {
    ...timeline,
    criticalPath: criticalPath(timeline).map(({ name }) => name),
    waits: waitsOnPath(timeline),
  };
}

/** The bars that decided how long the boot took, in order. */
export function criticalPath(timeline: Timeline): Bar[] {
  // A download is a part of its step.
  return timeline.bars.filter(({ critical, part }) => critical && part !== 'download');
}

/** What the boot as a whole waited for: the waits of the critical path, the longest first. */
export function waitsOnPath(timeline: Timeline): (Wait & { readonly bar: string })[] {
  return criticalPath(timeline)
    .flatMap(({ name, waits }) => waits.map((one) => ({ ...one, bar: name })))
    .filter((one) => one.for !== 'dependency')
    .sort((a, b) => b.ms - a.ms);
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
  const row = { critical: true, retries: 0, waits: [] };
  const answers = all(events, 'metadata-answered').filter(
    ({ elapsed }) => elapsed <= (known?.elapsed ?? Number.POSITIVE_INFINITY),
  );
  const last = answers.at(-1);
  const retried = all(events, 'metadata-retrying').filter(
    ({ elapsed }) => elapsed <= (known?.elapsed ?? totalMs),
  );
  const span: Span = [
    // Tries that nothing came of tell no beginning: it was asked from the start.
    retried.length > 0
      ? 0
      : Math.max(0, Math.min(...answers.map(({ elapsed, ms }) => elapsed - ms))),
    last?.elapsed ?? cutOff.endMs,
  ];
  if (last !== undefined || retried.length > 0) {
    bars.push({
      ...row,
      name: 'metadata',
      part: 'metadata',
      startMs: span[0],
      endMs: span[1],
      outcome: `${known?.requests ?? answers.length} requests`,
      retries: retried.length,
      waits: waitsForMetadata(retried, span),
    });
  }
  if (first(events, 'boot-started') !== undefined) {
    const ended = known && { endMs: known.elapsed, outcome: chosenClass(events) };
    const startMs = known === undefined ? 0 : Math.max(0, known.elapsed - known.ms);
    bars.push({ ...row, name: 'identity', part: 'identity', startMs, ...(ended ?? cutOff) });
  }
  if (known !== undefined) {
    const ended = planned && { endMs: planned.elapsed, outcome: `${planned.steps} steps` };
    const bar = { startMs: known.elapsed, ...(ended ?? cutOff) };
    const own = events.filter((event) => !('step' in event && event.step !== undefined));
    const waits = waitsForAws(own, [bar.startMs, bar.endMs]);
    bars.push({ ...row, name: 'role and plan', part: 'plan', ...bar, waits });
  }
  return bars;
}

function chosenClass(events: readonly Event[]): string {
  return first(events, 'class-chosen')?.class ?? '';
}
