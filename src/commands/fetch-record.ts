/** Fetches the flight record of a boot: the last one of this machine, a file, an object in S3, or standard input. */
import { resolve } from 'node:path';
import { connectAws } from '../aws/connect.ts';
import { systemClock } from '../clock.ts';
import { type FlightRecord, recordsDirectory } from '../engine/flight-record.ts';
import { readRecord } from '../engine/read-record.ts';
import { ConfigError } from '../errors.ts';
import { localHost } from '../host/local-host.ts';
import { parseS3Address } from '../s3-address.ts';
import type { Environment } from './surroundings.ts';

/** Records of long boots have some hundred kilobytes. */
const largest = 32 * 1024 * 1024;
const withinMs = 60_000;
const latest = `${recordsDirectory}/latest.json`;

/**
 * The record that `source` names: a path, an address like s3://bucket/key, or `-`: standard input. Throws ConfigError where
 * there is none, or where it is none.
 */
export async function fetchRecord(
  source: string,
  env: Environment,
  input: AsyncIterable<Uint8Array>,
): Promise<FlightRecord> {
  const text = await textOf(source, env, input);
  return readRecord(text, source === '-' ? 'standard input' : source);
}

/** The record of the last boot of this machine, or of the one that `source` names. */
export async function recordOf(
  source: string | undefined,
  env: Environment,
  input: AsyncIterable<Uint8Array>,
): Promise<FlightRecord> {
  if (source !== undefined) return fetchRecord(source, env, input);
  const bytes = await localHost().files.read(latest);
  if (bytes === undefined)
    throw new ConfigError(
      `This machine has no record of a boot: ${latest} is not there. Name a record: a file, an address like s3://bucket/key, or - for standard input.`,
    );
  return readRecord(bytes.toString('utf8'), latest);
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
