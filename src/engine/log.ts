/** The log: events as JSON lines for machines, or as lines for a person at a terminal. */
import type { Logger } from 'pino';
import type { Event, Listener } from '../events.ts';
import { Repetition } from './repetition.ts';
import { type Level, levelOf, sentenceOf } from './sentence.ts';

export interface LogOptions {
  /** Takes whole lines, line break included. */
  readonly write: (text: string) => void;
  /** `json`: pino's lines; `plain-json`: the same without pino; `pretty`: seconds since the start and a sentence. */
  readonly format: 'json' | 'plain-json' | 'pretty';
  /** The least that is written. */
  readonly level: Level;
  /** Colours in pretty lines; default: none. */
  readonly colour?: boolean;
}

/** A listener, and the promise that all lines so far were handed to `write` (the JSON writer is loaded on first use). */
export type Log = Listener & { settled(): Promise<void> };

/**
 * Stable fields of a JSON line: `time` (ISO 8601), `level` (word), `event` (type), `elapsed` (ms since the agent's
 * start), `msg`, then the event's own fields.
 */
export function logListener(options: LogOptions): Log {
  if (options.format === 'json') return jsonLog(options);
  if (options.format === 'pretty') return prettyLog(options);
  const settled = () => Promise.resolve();
  return Object.assign(plainJsonLog(options.write, options.level), { settled });
}

/** The lines of `json` without pino, for a process that is to start fast and stay small: it costs 10 ms and 3 MB. */
export function plainJsonLog(write: (text: string) => void, least: Level = 'info'): Listener {
  const repetition = new Repetition();
  return (event) => {
    const level = levelOf(event);
    if (rank[level] < rank[least]) return;
    if (least !== 'debug' && !repetition.isWorthALine(event)) return;
    const { type, at, elapsed, ...fields } = event;
    const time = new Date(at).toISOString();
    const line = { level, time, event: type, elapsed, ...fields, msg: sentenceOf(event) };
    write(`${JSON.stringify(line)}\n`);
  };
}

const rank: Record<Level, number> = { debug: 20, info: 30, warn: 40, error: 50 };

function jsonLog({ write, level }: LogOptions): Log {
  let logger: Logger | undefined;
  let early: Event[] = [];
  const repetition = new Repetition();
  // Loaded beside the first request instead of before it: pino costs 9 ms that the metadata service can spend answering.
  const loaded = import('pino').then(({ default: pino }) => {
    const options = {
      level,
      base: null,
      timestamp: false,
      formatters: { level: (label: string) => ({ level: label }) },
    } as const;
    logger = pino(options, { write });
    for (const event of early) log(logger, event);
    early = [];
  });
  const listener = (event: Event) => {
    if (level !== 'debug' && !repetition.isWorthALine(event)) return;
    if (logger === undefined) early.push(event);
    else log(logger, event);
  };
  return Object.assign(listener, { settled: () => loaded });
}

function log(logger: Logger, event: Event): void {
  const { type, at, elapsed, ...fields } = event;
  const time = new Date(at).toISOString();
  logger[levelOf(event)]({ time, event: type, elapsed, ...fields }, sentenceOf(event));
}

/** As wide as the seconds: what a message says on further lines stands below its first. */
const margin = ' '.repeat(11);

function prettyLog({ write, level, colour = false }: LogOptions): Log {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const colourOf: Partial<Record<Level, number>> = { debug: 2, warn: 33, error: 31 };
  const repetition = new Repetition();
  const listener = (event: Event) => {
    const weight = levelOf(event);
    if (rank[weight] < rank[level]) return;
    if (level !== 'debug' && !repetition.isWorthALine(event)) return;
    const code = colourOf[weight];
    const text = sentenceOf(repetition.shortened(event)).replaceAll('\n', `\n${margin}`);
    const seconds = (event.elapsed / 1000).toFixed(3).padStart(7);
    write(`${paint(2, `${seconds} s`)}  ${code === undefined ? text : paint(code, text)}\n`);
  };
  return Object.assign(listener, { settled: () => Promise.resolve() });
}
