/** The cache: objects by digest, so that what a bake or an earlier boot fetched is not fetched again. */
import { createHash } from 'node:crypto';
import type { Files } from '../../host/host.ts';
import type { Effort } from '../resource.ts';
import type { Receiver } from './receiver.ts';
import { progressOf } from './receiver.ts';

const directory = '/var/cache/bootstrap-agent/sha256';

/** Where the object of this digest lies. A download under way has another name, so a file here was whole once. */
export function cachePath(digest: string): string {
  return `${directory}/${digest}`;
}

/**
 * Hands the object from the cache to `receiver`; false where the cache has none, or no good one. It is hashed each time, since it is
 * read anyway: files here are not made durable, so a power cut can leave a bad one, which is removed.
 */
export async function readCached(
  files: Files,
  digest: string,
  receiver: Receiver,
  effort: Effort,
): Promise<boolean> {
  const path = cachePath(digest);
  const stat = await files.stat(path);
  if (stat?.type !== 'file') return false;
  const hash = createHash('sha256');
  const progress = progressOf(effort, stat.size);
  let position = 0;
  for await (const block of files.blocks(path)) {
    effort.signal.throwIfAborted();
    hash.update(block);
    const wait = receiver.take(block, position);
    if (wait !== undefined) await wait;
    position += block.length;
    progress(position);
  }
  if (hash.digest('hex') === digest) return true;
  await files.remove(path);
  await receiver.restart();
  return false;
}
