/** `agent timeline`: what a boot spent its time on, drawn in the terminal, as a page, or as a trace for a viewer. */
import { timelinePage } from '../engine/record-page/page.ts';
import { renderTimeline } from '../engine/render-timeline.ts';
import { timelineDocument, timelineFrom } from '../engine/timeline.ts';
import { traceOf } from '../engine/trace.ts';
import { exitCode } from '../exit-code.ts';
import { recordOf } from './fetch-record.ts';
import type { Output } from './output.ts';
import { print } from './print.ts';
import type { Environment } from './surroundings.ts';

export interface ShowTimelineOptions {
  /** A path, an address like s3://bucket/key, or `-`; absent: the last boot of this machine. */
  readonly source: string | undefined;
  /** Where to write the page; true: standard output. */
  readonly html?: string | true;
  /** Where to write the trace; true: standard output. */
  readonly trace?: string | true;
  readonly json?: boolean;
}

/** In more columns nothing gets clearer; in fewer, bars are cells that say nothing. */
const widest = 100;
const narrowest = 44;

/** Gives 0 whatever became of the boot: its timeline was what was asked for. */
export async function showTimeline(
  { source, html, trace, json }: ShowTimelineOptions,
  env: Environment,
  output: Output,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  const record = await recordOf(source, env, input);
  if (html !== undefined) await print(timelinePage(record), html, output);
  if (trace !== undefined)
    await print(`${JSON.stringify(traceOf(record), null, 1)}\n`, trace, output);
  if (html !== undefined || trace !== undefined) return exitCode.done;
  const timeline = timelineFrom(record.events, record.machine);
  if (json) output.out(`${JSON.stringify(timelineDocument(timeline), null, 2)}\n`);
  else {
    const width = Math.max(narrowest, Math.min(widest, output.columns ?? widest));
    output.out(renderTimeline(timeline, { colour: output.colour, width }));
  }
  return exitCode.done;
}
