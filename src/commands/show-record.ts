/** `agent report`: a flight record that was fetched from an instance or from S3, as text or as a page. */
import { resolve } from 'node:path';
import { connectAws } from '../aws/connect.ts';
import { systemClock } from '../clock.ts';
import { readRecord } from '../engine/read-record.ts';
import { recordPage } from '../engine/record-page/page.ts';
import { renderRecord } from '../engine/render-record.ts';
import { ConfigError } from '../errors.ts';
import { exitCode } from '../exit-code.ts';
import { localHost } from '../host/local-host.ts';
import { parseS3Address } from '../s3-address.ts';
import type { Output } from './output.ts';
import type { Environment } from './surroundings.ts';

export interface ShowRecordOptions {
  /** A path, an address like s3://bucket/key, or `-`: standard input. */
  readonly source: string;
  /** Where to write the page; true: standard output. */
  readonly html?: string | true;
  readonly json?: boolean;
}

/** Records of long boots have some hundred kilobytes. */
const largest = 32 * 1024 * 1024;
const withinMs = 60_000;

/** Gives 0 whatever became of the boot: the report was what was asked for. */
export async function showRecord(
  { source, html, json }: ShowRecordOptions,
  env: Environment,
  output: Output,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  const record = readRecord(
    await textOf(source, env, input),
    source === '-' ? 'standard input' : source,
  );
  if (html === undefined && json) output.out(`${JSON.stringify(record, null, 2)}\n`);
  else if (html === undefined)
    output.out(renderRecord(record, { colour: output.colour, width: 100 }));
  else if (html === true) output.out(recordPage(record));
  else {
    await localHost().files.write(resolve(html), recordPage(record));
    output.err(`Written: ${resolve(html)}\n`);
  }
  return exitCode.done;
}

async function textOf(
  source: string,
  env: Environment,
  input: AsyncIterable<Uint8Array>,
): Promise<string> {
  if (source === '-') {
    const pieces: Uint8Array[] = [];
    for await (const piece of input) pieces.push(piece);
    return Buffer.concat(pieces).toString('utf8');
  }
  if (source.startsWith('s3://')) return fetched(source, env);
  const { files } = localHost();
  const here = 'The last boot of an instance: /var/lib/bootstrap-agent/reports/latest.json';
  if (/^\w+:\/\//.test(source))
    throw new ConfigError(
      `${source}: wanted a file, an address like s3://bucket/key, or - for standard input. ${here}`,
    );
  if ((await files.stat(resolve(source)))?.type === 'directory')
    throw new ConfigError(`${source} is a folder; wanted a flight record in it. ${here}`);
  const bytes = await files.read(resolve(source));
  if (bytes === undefined) throw new ConfigError(`There is no file ${source}. ${here}`);
  return bytes.toString('utf8');
}

/**
 * By the credentials of the environment alone: where this runs on somebody's laptop, the address of the metadata service
 * may be anybody's.
 */
async function fetched(source: string, env: Environment): Promise<string> {
  const address = parseS3Address(source);
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (!env.AWS_ACCESS_KEY_ID || region === undefined)
    throw new ConfigError(
      `${source}: set AWS_REGION and the credentials in the environment (eval "$(aws configure export-credentials --format env)"), or fetch it: aws s3 cp ${source} - | agent report -`,
    );
  const credentials = () => Promise.reject(new ConfigError('no credentials in the environment'));
  const tell = () => undefined;
  const aws = connectAws({ region, env, credentials, clock: systemClock, tell });
  try {
    const signal = AbortSignal.timeout(withinMs);
    const { bytes } = await aws.objects.read(address, { limit: largest, signal });
    return bytes.toString('utf8');
  } finally {
    aws.close();
  }
}
