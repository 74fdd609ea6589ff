/** The timeline in the Trace Event Format, as chrome://tracing and Perfetto open it: complete events in lanes that do not overlap. */
import type { FlightRecord } from './flight-record.ts';
import { headlineOf } from './record-words.ts';
import { storyOf } from './story.ts';
import { type Bar, criticalPath, timelineFrom } from './timeline.ts';

/** What is drawn: "Trace Event Format", the document of the Chromium project. */
export interface Trace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly (NameEvent | CompleteEvent)[];
}

interface NameEvent {
  readonly ph: 'M';
  readonly name: 'process_name' | 'process_sort_index' | 'thread_name' | 'thread_sort_index';
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string } | { readonly sort_index: number };
}

interface CompleteEvent {
  readonly ph: 'X';
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds; the first event begins at 0. */
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, string | number | boolean>>;
}

/** Groups of lanes, from above: those of a trace viewer are processes and threads. */
const groups: readonly (readonly [name: string, parts: readonly Bar['part'][]])[] = [
  ['machine', ['kernel', 'systemd', 'unit']],
  ['boot', ['metadata', 'identity', 'plan', 'probe', 'balancer', 'hook']],
  ['steps', ['step']],
  ['downloads', ['download']],
  ['load balancers', ['target']],
];

/** The first group shows the critical path once more, since viewers colour events as they like. */
export function traceOf(record: FlightRecord): Trace {
  const timeline = timelineFrom(record.events, record.machine);
  const path = criticalPath(timeline);
  const all = [
    { name: `critical path of ${headlineOf(record).title}`, bars: path },
    ...groups.map(([name, parts]) => ({
      name,
      bars: timeline.bars.filter(({ part }) => parts.includes(part)),
    })),
  ].filter(({ bars }) => bars.length > 0);
  const events = all.flatMap(({ name, bars }, n) => {
    const pid = n + 1;
    const lanes = lanesOf(bars);
    return [
      named('process_name', pid, 0, { name }),
      named('process_sort_index', pid, 0, { sort_index: pid }),
      ...lanes.flatMap((lane, tid) => [
        named('thread_name', pid, tid + 1, { name: lanes.length === 1 ? name : `${tid + 1}` }),
        named('thread_sort_index', pid, tid + 1, { sort_index: tid + 1 }),
        ...lane.map((bar) => complete(bar, pid, tid + 1, timeline.fromMs, record)),
      ]),
    ];
  });
  return { displayTimeUnit: 'ms', traceEvents: events };
}

function named(
  name: NameEvent['name'],
  pid: number,
  tid: number,
  args: NameEvent['args'],
): NameEvent {
  return { ph: 'M', name, pid, tid, args };
}

function complete(
  bar: Bar,
  pid: number,
  tid: number,
  fromMs: number,
  record: FlightRecord,
): CompleteEvent {
  const ts = microseconds(bar.startMs - fromMs);
  return {
    ph: 'X',
    name: bar.name,
    cat: bar.part,
    pid,
    tid,
    ts,
    dur: microseconds(bar.endMs - fromMs) - ts,
    args: {
      ...(bar.outcome !== '' && { outcome: bar.outcome }),
      critical: bar.critical,
      ...(bar.retries > 0 && { retries: bar.retries }),
      ...(bar.bytes !== undefined && { bytes: bar.bytes }),
      story: storyOf(bar, record).join('\n'),
    },
  };
}

function microseconds(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}

/** Each bar in the first lane that is free when it begins: events of one lane would else have to nest. */
function lanesOf(bars: readonly Bar[]): Bar[][] {
  const lanes: Bar[][] = [];
  for (const bar of [...bars].sort((a, b) => a.startMs - b.startMs)) {
    const free = lanes.find((lane) => (lane.at(-1)?.endMs ?? 0) <= bar.startMs);
    if (free === undefined) lanes.push([bar]);
    else free.push(bar);
  }
  return lanes;
}
