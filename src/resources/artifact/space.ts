/** Room on the disk, asked for before the first byte is fetched rather than found missing in the middle. */
import { dirname } from 'node:path/posix';
import { StepError } from '../../errors.ts';
import type { Files } from '../../host/host.ts';
import type { ArtifactStep } from '../step.ts';
import { cachePath } from './cache.ts';

/**
 * Throws StepError unless the cache and the place that the step fills each have room for an object of `bytes` bytes. What an
 * archive unpacks to is not known yet; hardly ever less than this.
 */
export async function demandSpace(files: Files, step: ArtifactStep, bytes: number): Promise<void> {
  for (const directory of [dirname(cachePath(step.sha256)), dirname(step.path)]) {
    const free = await files.freeBytes(directory);
    if (free >= bytes) continue;
    throw new StepError(
      `${bytes} bytes are wanted for s3://${step.source.bucket}/${step.source.key}, ${free} are free in ${directory}: clear the file system, or give the instance a larger volume in its launch template (BlockDeviceMappings)`,
    );
  }
}
