/** Trace: all that a rehearsal did, by the scenario's time, in an order that depends on nothing else. */
import type { Event } from '../events.ts';
import type { LedgerEntry } from './ledger.ts';
import type { MetadataRequest } from './metadata/metadata-service.ts';

/** The first line: what it takes to play it again. */
export interface TraceHead {
  /** Version of this format. */
  readonly trace: 1;
  readonly agentVersion: string;
  /** Name or path, as it was given. */
  readonly scenario: string;
  readonly roles?: string;
  /** Absent: the scenario's own node. */
  readonly fleet?: number;
  readonly seed: string;
}

interface Entry {
  /** Milliseconds since the start, by the event clock. */
  readonly at: number;
  readonly node: string;
  readonly lane: string;
  readonly line: object;
}

/** What happens at one moment is told in this order, each kind in lanes of its own; within a lane in the order in which it came. */
const order = [
  'boot-started',
  'request',
  'metadata-retrying',
  'metadata-answered',
  'user-data-foreign',
  'identity-known',
  'class-chosen',
  'call',
  'aws-retrying',
  'aws-called',
  'release-chosen',
  'peers-found',
  'plan-made',
  'start-recognised',
  'pool-entered',
  'hook-found',
  'hook-budget',
  'step',
  'probe-answered',
  'registering',
  'registered',
  'heartbeat',
  'pool-left',
  'verdict',
  'record-kept',
  'hook-completed',
  'target-health',
  'warning',
  'boot-finished',
];

export class Trace {
  readonly #monotonic: () => number;
  readonly #entries: Entry[] = [];
  readonly #ends: object[] = [];
  /** What is only this run's: addresses of loopback, folders. */
  readonly #words: [word: string, instead: string][] = [];

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** `instead` stands in the trace for `word`, which is another one at each run. */
  replace(word: string, instead: string): void {
    this.#words.push([word, instead]);
  }

  request(node: string, { method, key, status }: MetadataRequest): void {
    this.#add(node, 'request', key, { request: `${method} ${key}`, status });
  }

  call(node: string, { service, operation, subject, status, throttled }: LedgerEntry): void {
    const call = `${service}:${operation}`;
    const line = { call, subject, status, ...(throttled && { throttled }) };
    this.#add(node, 'call', `${call} ${subject}`, line);
  }

  event(node: string, event: Event): void {
    // How many pieces bytes come in is up to this computer.
    if (event.type === 'step-progress') return;
    const { at: _, elapsed: __, type, ...rest } = event;
    const { process: ___, heldUpBy: ____, ...essence } = rest as Record<string, unknown>;
    const kind = type.startsWith('step-') ? 'step' : type;
    const { step, probe, key, targetGroup, balancer, service = '', operation = '' } = essence;
    const whose = step ?? probe ?? key ?? targetGroup ?? balancer;
    const lane = String(whose ?? `${service}:${operation}`);
    this.#add(node, kind, lane, { event: type, ...essence });
  }

  /** How it ended for one node; told last. */
  end(node: string, end: object): void {
    this.#ends.push({ end: node, ...end });
  }

  /** One JSON document on each line. */
  text(head: TraceHead): string {
    const sorted = this.#entries
      .map((entry, n) => ({ ...entry, n }))
      .sort(
        (a, b) => a.at - b.at || compare(a.node, b.node) || compare(a.lane, b.lane) || a.n - b.n,
      );
    const lines = sorted.map(({ at, node, line }) => ({ at: thousandths(at), node, ...line }));
    const text = [head, ...lines, ...this.#ends].map((line) => JSON.stringify(line)).join('\n');
    return `${this.#words.reduce((all, [word, instead]) => all.replaceAll(word, instead), text)}\n`;
  }

  #add(node: string, kind: string, lane: string, line: object): void {
    const rank = String(order.indexOf(kind)).padStart(2, '0');
    this.#entries.push({ at: this.#monotonic(), node, lane: `${rank} ${kind} ${lane}`, line });
  }
}

/** Where two traces part: the number of the line, from 1, and what stands there; undefined where they are the same. */
export function firstDifference(
  expected: string,
  found: string,
): { line: number; expected: string | undefined; found: string | undefined } | undefined {
  if (expected === found) return undefined;
  const [before, after] = [expected.split('\n'), found.split('\n')];
  const at = before.findIndex((line, n) => line !== after[n]);
  const n = at < 0 ? before.length : at;
  return { line: n + 1, expected: before[n], found: after[n] };
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
