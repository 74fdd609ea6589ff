/** A flight record as text: why it failed, the timeline, the last lines of the failing unit, and what the node was. */
import type { FlightRecord } from './flight-record.ts';
import { factsOf, failureOf, headlineOf } from './record-words.ts';
import { type RenderOptions, renderTimeline } from './render-timeline.ts';
import { timelineFrom } from './timeline.ts';

/** The text, its last line break included. */
export function renderRecord(record: FlightRecord, options: RenderOptions): string {
  const { title, aside } = headlineOf(record);
  const { chain, consequences } = failureOf(record);
  const names = Math.max(...factsOf(record).map(([name]) => name.length));
  const parts = [
    [`${record.verdict?.result ?? 'no verdict'}: ${title}`, aside],
    chain.flatMap(({ name, message }, n) => [
      `${n === 0 ? 'why' : 'by '}  ${name}: ${message.replaceAll('\n', '\n     ')}`,
    ]),
    consequences.map(
      ({ step, lacked }, n) =>
        `${n === 0 ? 'not done for it' : ' '.repeat(15)}  ${step}${lacked === undefined ? '' : `, which lacked ${lacked}`}`,
    ),
    [renderTimeline(timelineFrom(record.events, record.machine), options).trimEnd()],
    ...record.journals.map(({ unit, lines }) => [
      `last lines of ${unit}`,
      ...lines.map((line) => `  ${line}`),
    ]),
    factsOf(record).map(([name, value]) => `${name.padEnd(names)}  ${value}`),
  ];
  const text = parts.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${text.join('\n\n')}\n`;
}
