/** Membership: which instance of which group this is, and no more; enough to signal when the identity could not be had. */
import { factsInDocument } from './identity-document.ts';
import { keys } from './keys.ts';
import type { Metadata } from './metadata.ts';

export interface Membership {
  readonly instanceId: string;
  readonly region: string;
  /** Empty outside a group; undefined where tags are switched off in metadata, so that only AWS itself can tell. */
  readonly group: string | undefined;
}

/** Reads it; what an earlier read brought is not asked for again. Throws what `Metadata.read` throws. */
export async function readMembership(metadata: Metadata, signal: AbortSignal): Promise<Membership> {
  const document = await metadata.read(keys.document, signal);
  const { instance_id, region } = factsInDocument(document ?? '');
  const tagsShown = (await metadata.read(keys.tags, signal)) !== undefined;
  const group = tagsShown
    ? ((await metadata.read(keys.tag('aws:autoscaling:groupName'), signal)) ?? '')
    : undefined;
  return { instanceId: instance_id, region, group };
}
