/** The bars of steps and of their downloads: how long each was at work, and what it waited for. */
import type { Event } from '../events.ts';
import type { Bar } from './bar.ts';
import { all, type Of } from './events-of.ts';
import { bytesOf } from './sentence.ts';
import { retries, type Span, type Wait, wait, waitsForAws } from './waits.ts';

/** In the order in which they began, each download below its step. What did not end lasts until `totalMs`. */
export function stepBars(events: readonly Event[], totalMs: number): Bar[] {
  const ends = new Map(all(events, 'step-finished').map((event) => [event.step, event]));
  const starts = new Map(all(events, 'step-started').map((event) => [event.step, event]));
  const readyMs = all(events, 'plan-made').at(0)?.elapsed ?? 0;
  const critical = criticalSteps(starts, ends);
  return [...starts.values()].flatMap((start) => {
    const { step } = start;
    const mine = events.filter((event) => 'step' in event && event.step === step);
    const span: Span = [start.elapsed, ends.get(step)?.elapsed ?? totalMs];
    const download = downloadBar(step, mine, span, critical.has(step));
    const bar: Bar = {
      name: step,
      part: 'step',
      startMs: span[0],
      endMs: span[1],
      outcome: outcomeOf(ends.get(step)),
      retries: all(mine, 'step-retrying').length,
      critical: critical.has(step),
      waits: [...waitsBefore(start, readyMs), ...waitsWithin(mine, span)],
    };
    return download === undefined ? [bar] : [bar, download];
  });
}

/** A step that another one's failure stopped did not fail itself. */
function outcomeOf(end: Of<'step-finished'> | undefined): string {
  if (end === undefined) return 'unfinished';
  return end.stoppedBy === undefined ? end.outcome : 'stopped';
}

/** Since there was a plan: for what it needs, then for a place among those of its kind. */
function waitsBefore({ elapsed, heldUpBy, queuedMs = 0 }: Of<'step-started'>, readyMs: number) {
  const dependency = heldUpBy === undefined ? 0 : elapsed - queuedMs - readyMs;
  return [
    ...wait('dependency', heldUpBy ?? '', dependency),
    ...wait('slot', 'a place among steps of its kind', queuedMs),
  ];
}

function waitsWithin(mine: readonly Event[], span: Span): Wait[] {
  const locks = all(mine, 'step-waited').flatMap(({ on, ms }) => wait('lock', on, ms));
  return [...waitsForAws(mine, span), ...retries(all(mine, 'step-retrying'), span), ...locks];
}

/** From the first call that brought bytes to the last byte, over all connections. */
function downloadBar(
  step: string,
  mine: readonly Event[],
  [from, to]: Span,
  critical: boolean,
): Bar | undefined {
  const bodies = all(mine, 'aws-received').filter(({ bytes }) => bytes > 0);
  const last = bodies.at(-1);
  if (last === undefined) return undefined;
  const asked = all(mine, 'aws-called').map(({ elapsed, ms }) => elapsed - ms);
  const bytes = bodies.reduce((sum, one) => sum + one.bytes, 0);
  const span: Span = [
    Math.max(from, Math.min(...asked, ...bodies.map(({ elapsed, ms }) => elapsed - ms))),
    Math.min(to, last.elapsed),
  ];
  return {
    name: `download:${step.slice(step.indexOf(':') + 1)}`,
    part: 'download',
    startMs: span[0],
    endMs: span[1],
    outcome: bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : bytesOf({ bytes }),
    retries: all(mine, 'aws-retrying').length,
    critical,
    waits: waitsForAws(mine, span),
    bytes,
  };
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
