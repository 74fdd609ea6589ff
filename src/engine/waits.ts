/** Waits: how much of a part of the boot went by waiting, and for what. Made from events alone. */
import type { Event } from '../events.ts';
import { all } from './events-of.ts';

export interface Wait {
  /**
   * `network`: answers and bytes that were under way; `retry`: pauses before something was tried again; `lock`: somebody
   * else's; `slot`: others of its kind were at work; `dependency`: a step that it needs; `application`: its first good answer.
   */
  readonly for: 'network' | 'retry' | 'lock' | 'slot' | 'dependency' | 'application';
  /** On what, in words: `s3 GetObject`, `artifact:shop`, `connection refused on port 8080: nothing listens`. */
  readonly on: string;
  readonly ms: number;
}

/** Milliseconds since the start of the agent. */
export type Span = readonly [from: number, to: number];

/**
 * Waiting for AWS within `within`: `ofWhom` has those of one step, or of the boot itself. Calls and bodies that were under
 * way at once count once. Of a body only the share counts in which its reader waited for bytes: while it unpacked, it worked.
 */
export function waitsForAws(ofWhom: readonly Event[], within: Span): Wait[] {
  const events = ofWhom.filter(
    (event) =>
      event.elapsed > within[0] && event.elapsed - ('ms' in event ? event.ms : 0) < within[1],
  );
  const calls = all(events, 'aws-called').map(({ elapsed, ms }): Span => [elapsed - ms, elapsed]);
  const bodies = all(events, 'aws-received');
  const spans = bodies.map(({ elapsed, ms }): Span => [elapsed - ms, elapsed]);
  const total = bodies.reduce((sum, { ms }) => sum + ms, 0);
  const share = total === 0 ? 0 : bodies.reduce((sum, one) => sum + one.waitedMs, 0) / total;
  const called = lengthOf(calls, within);
  const received = (lengthOf([...calls, ...spans], within) - called) * share;
  const names = new Set(
    [...all(events, 'aws-called'), ...bodies].map((one) => `${one.service} ${one.operation}`),
  );
  return [
    ...wait('network', [...names].join(', '), called + received),
    ...retries(all(events, 'aws-retrying'), within),
  ];
}

/** Waiting for the metadata service, which is asked for nothing but answers: what is no pause is the network. */
export function waitsForMetadata(events: readonly Event[], within: Span): Wait[] {
  const pauses = all(events, 'metadata-retrying');
  const paused = retries(pauses, within);
  const ms = within[1] - within[0] - paused.reduce((sum, one) => sum + one.ms, 0);
  return [...wait('network', 'metadata service', ms), ...paused];
}

/** Pauses before another try, with the last reason; pauses side by side count once. */
export function retries(
  pauses: readonly {
    readonly elapsed: number;
    readonly waitMs: number;
    readonly because: string;
  }[],
  within: Span,
): Wait[] {
  const spans = pauses.map(({ elapsed, waitMs }): Span => [elapsed, elapsed + waitMs]);
  // A reason may go on over several lines; what is to be done about it stands in the log.
  const because = pauses.at(-1)?.because.split('\n')[0] ?? '';
  return wait('retry', because, lengthOf(spans, within));
}

export function wait(what: Wait['for'], on: string, ms: number): Wait[] {
  const rounded = Math.round(ms * 10) / 10;
  return rounded <= 0 ? [] : [{ for: what, on, ms: rounded }];
}

/** How much of `within` the spans cover together. */
export function lengthOf(spans: readonly Span[], [from, to]: Span): number {
  let covered = 0;
  let end = from;
  for (const span of [...spans].sort((a, b) => a[0] - b[0])) {
    const begin = Math.max(span[0], end);
    const until = Math.min(span[1], to);
    if (until <= begin) continue;
    covered += until - begin;
    end = until;
  }
  return covered;
}

const kinds: Readonly<Record<Wait['for'], string>> = {
  network: 'the network',
  retry: 'another try',
  lock: 'a lock',
  slot: 'its turn',
  dependency: 'what it needs',
  application: 'the application',
};

/** `the network (s3 GetObject)`. */
export function waitInWords(one: Wait): string {
  return `${kinds[one.for]} (${one.on})`;
}
