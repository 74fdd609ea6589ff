/** The resource `artifact`: an S3 object, verified by sha256, as a file or as an unpacked tree. */
import type { Resource } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { applyFile, checkFile } from './as-file.ts';
import { applyTree, checkTree } from './as-tree.ts';

export const artifact: Resource<ArtifactStep> = {
  check: (step, world, situation) =>
    step.as === 'file' ? checkFile(step, world, situation.signal) : checkTree(step, world),
  apply: (step, world, effort) =>
    step.as === 'file' ? applyFile(step, world, effort) : applyTree(step, world, effort),
};
