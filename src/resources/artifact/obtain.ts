/** Obtaining an object: from the cache, or from S3 into the cache; verified either way. */
import type { Files } from '../../host/host.ts';
import type { Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { readCached } from './cache.ts';
import { download } from './download.ts';
import type { Receiver } from './receiver.ts';

/** Objects that are being obtained on a machine: two steps may want the same one, and there is one partial file for it. */
const obtaining = new WeakMap<Files, Map<string, Promise<void>>>();

/**
 * Puts the step's object into the cache and hands all of its bytes, in order, to `receiver`. When it resolves, the bytes had the
 * wanted digest. Throws ConfigError when the object is another one, UnavailableError when S3 is not to be reached, StepError
 * when the disk is full.
 */
export async function obtain(
  step: ArtifactStep,
  world: World,
  effort: Effort,
  receiver: Receiver,
): Promise<void> {
  const { sha256 } = step;
  const { files } = world.host;
  const turns = obtaining.get(files) ?? new Map<string, Promise<void>>();
  obtaining.set(files, turns);
  const before = turns.get(sha256);
  if (before !== undefined)
    effort.progress({ what: 'waiting', on: 'another step that obtains the same object' });
  const mine = (before ?? Promise.resolve())
    .catch(() => undefined)
    .then(async () => {
      effort.progress({ what: 'resumed' });
      effort.signal.throwIfAborted();
      if (await readCached(files, sha256, receiver, effort)) return;
      await download(step, world, effort, receiver);
    });
  turns.set(sha256, mine);
  try {
    await mine;
  } finally {
    if (turns.get(sha256) === mine) turns.delete(sha256);
  }
}
