/** Instance tags: from the metadata service, or from EC2 where that shows none. */
import { ConfigError, messageOf } from '../errors.ts';
import type { Identity } from './identity.ts';
import { keys } from './keys.ts';
import type { Metadata } from './metadata.ts';

export type TagReading = Pick<Identity, 'tags' | 'tagNames' | 'tagsFrom'>;

/**
 * Reads the names of all tags, and of the values those of `wanted` alone: each costs a request. A 404 on the list, and
 * nothing else, means that tags are switched off in metadata (InstanceMetadataTags): then `describe` is asked for all.
 * Throws ConfigError where that is needed and not allowed.
 */
export async function readTags(
  metadata: Metadata,
  wanted: readonly string[],
  describe: (() => Promise<Record<string, string>>) | undefined,
  signal?: AbortSignal,
): Promise<TagReading> {
  const list = await metadata.read(keys.tags, signal);
  if (list !== undefined) {
    const tagNames = list.split('\n').filter((name) => name !== '');
    const tags = await readTagValues(metadata, wanted, tagNames, signal);
    return { tags, tagNames, tagsFrom: 'metadata' };
  }
  if (describe === undefined) return { tags: {}, tagNames: [], tagsFrom: 'none' };
  try {
    const tags = await describe();
    return { tags, tagNames: Object.keys(tags), tagsFrom: 'ec2-api' };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      `Instance tags are not shown in metadata, and asking EC2 for them failed. Set InstanceMetadataTags=enabled in MetadataOptions of the launch template (no permission needed), or see to this:\n  ${messageOf(error)}`,
      { cause: error, faults: error.faults },
    );
  }
}

/** The values of those `wanted` tags that are among `tagNames`; one that is gone meanwhile is left out. */
export async function readTagValues(
  metadata: Metadata,
  wanted: readonly string[],
  tagNames: readonly string[],
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const names = [...new Set(wanted)].filter((name) => tagNames.includes(name));
  const values = await Promise.all(names.map((name) => metadata.read(keys.tag(name), signal)));
  const pairs = names.map((name, at) => [name, values[at]] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
