/** How an instance answers about itself: what is asked for, what its image says, what tags allow. */
import type { QueryInput } from '../query.ts';
import type { Image } from './image.ts';
import type { MetadataOptions } from './instance.ts';
import { wrongValue } from './refusals.ts';

/** As they stand in a request of RunInstances (after `MetadataOptions.`) or of ModifyInstanceMetadataOptions. */
export function metadataOptionsIn(input: QueryInput, before: string): Partial<MetadataOptions> {
  const tokens = input.text(`${before}HttpTokens`);
  const hops = input.text(`${before}HttpPutResponseHopLimit`);
  const tags = input.text(`${before}InstanceMetadataTags`);
  if (tokens !== undefined && tokens !== 'optional' && tokens !== 'required')
    throw wrongValue(`Invalid value '${tokens}' for httpTokens`);
  if (tags !== undefined && tags !== 'enabled' && tags !== 'disabled')
    throw wrongValue(`Invalid value '${tags}' for instanceMetadataTags`);
  if (hops !== undefined && !(Number(hops) >= 1 && Number(hops) <= 64))
    throw wrongValue(`Invalid value '${hops}' for httpPutResponseHopLimit`);
  return {
    ...(tokens && { httpTokens: tokens }),
    ...(hops && { httpPutResponseHopLimit: Number(hops) }),
    ...(tags && { instanceMetadataTags: tags }),
  };
}

/** What the image decides where nothing else does: an image with IMDS support v2.0 asks for tokens, and for two hops. */
export function metadataOptionsFor(
  image: Image | undefined,
  asked: Partial<MetadataOptions> = {},
): MetadataOptions {
  const v2 = image?.imdsSupport === 'v2.0';
  return {
    httpTokens: v2 ? 'required' : 'optional',
    httpPutResponseHopLimit: v2 ? 2 : 1,
    instanceMetadataTags: 'disabled',
    ...asked,
  };
}

/** EC2 user guide, tags in metadata: a launch with a key that has no place in a path fails. */
export function demandTagsForMetadata(keys: readonly string[]): void {
  for (const key of keys) {
    if (/^[\w+=,.@:-]{1,255}$/.test(key) && !['.', '..', '_index'].includes(key)) continue;
    throw wrongValue(
      `'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
    );
  }
}
