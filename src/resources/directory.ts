/** The resource `directory`: a directory with owner and mode; what lies in it is not its business. */
import { StepError } from '../errors.ts';
import { driftOf, ownershipDifferences, ownershipOf } from './owned.ts';
import type { Resource } from './resource.ts';
import type { DirectoryStep } from './step.ts';

export const directory: Resource<DirectoryStep> = {
  async check(step, { host }) {
    const stat = await host.files.stat(step.path);
    if (stat === undefined) {
      const wanted = `directory ${step.owner}:${step.group} ${step.mode}`;
      return driftOf([{ aspect: 'state', wanted }]);
    }
    if (stat.type === 'directory') return driftOf(ownershipDifferences(stat, step));
    const found = stat.type === 'symlink' ? `symlink to ${stat.target}` : stat.type;
    return driftOf([{ aspect: 'type', found, wanted: 'directory' }]);
  },

  async apply(step, { host }) {
    const stat = await host.files.stat(step.path);
    if (stat !== undefined && stat.type !== 'directory') {
      const found = stat.type === 'symlink' ? `a symlink to ${stat.target}` : `a ${stat.type}`;
      throw new StepError(
        `wanted a directory at ${step.path}, found ${found}: move it away, or name the place it points to in the role (${step.from})`,
      );
    }
    await host.files.makeDirectory(step.path, ownershipOf(step));
  },
};
