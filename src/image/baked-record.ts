/** The record of a bake: what is in the image, for whoever wonders, on the node and afterwards. */
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from '../errors.ts';
import type { Files } from '../host/host.ts';

export const recordPath = '/etc/bootstrap-agent/baked.json';

export interface BakedRecord {
  readonly agentVersion: string;
  /** ISO 8601: when the bake that is described here changed something last. */
  readonly bakedAt: string;
  /** The image that this one was made from, and where, as far as metadata told. */
  readonly sourceImage?: string;
  readonly region?: string;
  readonly architecture: string;
  readonly classes: readonly {
    readonly name: string;
    /** sha256 of the role files that it consists of, and of the templates. */
    readonly roleDigest: string;
    readonly release?: string;
  }[];
  readonly packages: Readonly<Record<string, string>>;
  readonly artifacts: readonly {
    readonly from: string;
    readonly sha256: string;
    readonly bytes: number;
    /** Of a tree that is laid out: where a node that runs it will see it. */
    readonly unpacked?: string;
  }[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly kernelModules: readonly string[];
  /** Users, directories and files, by the ids of their steps. */
  readonly places: readonly string[];
  readonly masks: readonly string[];
  /** Services of the roles that only the agent starts. */
  readonly heldBack: readonly string[];
  readonly left: readonly { readonly what: string; readonly because: string }[];
}

/** The record in an image; undefined where nothing was baked. Throws ConfigError where it is none. */
export async function readBakedRecord(files: Files): Promise<BakedRecord | undefined> {
  const bytes = await files.read(recordPath);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as BakedRecord;
  } catch (cause) {
    throw new ConfigError(`${recordPath} is no record of a bake: run agent bake again`, { cause });
  }
}

/** Writes it, unless the one that is there says the same: a second bake changes nothing. Gives the one that holds. */
export async function keepBakedRecord(files: Files, record: BakedRecord): Promise<BakedRecord> {
  const before = await readBakedRecord(files).catch(() => undefined);
  const plain = JSON.parse(JSON.stringify(record)) as BakedRecord;
  if (
    before !== undefined &&
    isDeepStrictEqual({ ...before, bakedAt: '' }, { ...plain, bakedAt: '' })
  )
    return before;
  await files.write(recordPath, `${JSON.stringify(record, undefined, 2)}\n`);
  return record;
}
