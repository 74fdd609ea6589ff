/** The resource `file`: a text file with owner and mode, secrets filled in only when it is written. */
import { StepError } from '../errors.ts';
import { contentDifference } from './content.ts';
import { driftOf, ownershipDifferences, ownershipOf } from './owned.ts';
import type { Difference, Resource } from './resource.ts';
import type { FileStep } from './step.ts';
import { resolvedText } from './text.ts';

export const file: Resource<FileStep> = {
  async check(step, world) {
    const stat = await world.host.files.stat(step.path);
    const differences: Difference[] = [];
    if (stat !== undefined && stat.type !== 'file') {
      const found = stat.type === 'symlink' ? `symlink to ${stat.target}` : stat.type;
      differences.push({ aspect: 'type', found, wanted: 'file' });
    }
    const content = await contentDifference('content', step.path, step.content, stat, world);
    if (content !== undefined) differences.push(content);
    if (stat?.type === 'file') differences.push(...ownershipDifferences(stat, step));
    return driftOf(differences);
  },

  async apply(step, { host, redactor }, { drift }) {
    const asFound = drift.differences.every(({ aspect }) => /^(owner|group|mode)$/.test(aspect));
    if (asFound) return host.files.setOwnership(step.path, ownershipOf(step));
    // A symlink in its place is replaced by the file; what it pointed to stays as it is.
    if ((await host.files.stat(step.path))?.type === 'directory') {
      throw new StepError(
        `wanted a file at ${step.path}, found a directory: move it away, or correct the path in the role (${step.from})`,
      );
    }
    const text = await resolvedText(step.content, host, redactor);
    await host.files.write(step.path, text, ownershipOf(step));
  },
};
