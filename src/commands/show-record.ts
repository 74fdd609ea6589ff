/** `agent report`: a flight record that was fetched from an instance or from S3, as text or as a page. */
import { recordPage } from '../engine/record-page/page.ts';
import { renderRecord } from '../engine/render-record.ts';
import { exitCode } from '../exit-code.ts';
import { fetchRecord } from './fetch-record.ts';
import type { Output } from './output.ts';
import { print } from './print.ts';
import type { Environment } from './surroundings.ts';

export interface ShowRecordOptions {
  /** A path, an address like s3://bucket/key, or `-`: standard input. */
  readonly source: string;
  /** Where to write the page; true: standard output. */
  readonly html?: string | true;
  readonly json?: boolean;
}

/** Gives 0 whatever became of the boot: the report was what was asked for. */
export async function showRecord(
  { source, html, json }: ShowRecordOptions,
  env: Environment,
  output: Output,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  const record = await fetchRecord(source, env, input);
  if (html === undefined && json) output.out(`${JSON.stringify(record, null, 2)}\n`);
  else if (html === undefined)
    output.out(renderRecord(record, { colour: output.colour, width: 100 }));
  else await print(recordPage(record), html, output);
  return exitCode.done;
}
