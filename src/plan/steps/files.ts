/** Steps that put text on the disk: directories, files, and the secrets below /run. */
import type { DirectoryStep, FileStep, SecretSpec, SecretStep } from '../../resources/step.ts';
import type { FilledRole } from '../../roles/filled-role.ts';
import type { Faults } from '../faults.ts';
import { secretsIn } from '../text.ts';
import { plainPath } from './path.ts';

export function directorySteps({ document }: FilledRole, faults: Faults): DirectoryStep[] {
  return Object.entries(document.directories).flatMap(([written, directory]) => {
    const from = `directories.${written}`;
    const path = faults.attempt(from, () => plainPath(written));
    if (path === undefined) return [];
    return {
      kind: 'directory',
      id: `directory:${path}`,
      needs: directory.after ?? [],
      from,
      path,
      owner: directory.owner ?? 'root',
      group: directory.group ?? 'root',
      mode: directory.mode ?? '0755',
    };
  });
}

/**
 * A file with secrets in it lies below /run and is closed to others. A disk outlives its instance: it ends up in snapshots,
 * in images, and in the hands of whoever restores them.
 */
export function fileSteps({ document }: FilledRole, faults: Faults): FileStep[] {
  return Object.entries(document.files).flatMap(([written, file]) => {
    const from = `files.${written}`;
    const path = faults.attempt(from, () => plainPath(written));
    if (path === undefined) return [];
    const group = file.group ?? 'root';
    const [secret] = secretsIn(file.content);
    const mode = file.mode ?? (secret === undefined ? '0644' : group === 'root' ? '0600' : '0640');
    if (secret !== undefined && !path.startsWith('/run/'))
      faults.add(
        from,
        `it holds the secret "${secret.secret}", and secrets stay in memory: write it below /run and let the service read it there, or hand the secret over by credentials of the service`,
      );
    if (secret !== undefined && !mode.endsWith('0'))
      faults.add(
        `${from}.mode`,
        `mode ${mode} lets every user read the secret "${secret.secret}" in it; wanted a mode that ends in 0, like "0640" with a group`,
      );
    return {
      kind: 'file',
      id: `file:${path}`,
      needs: file.after ?? [],
      from,
      path,
      content: file.content,
      owner: file.owner ?? 'root',
      group,
      mode,
      ...(file.restarts === false && { restarts: false as const }),
    };
  });
}

/** All secrets in one step, so that they come side by side. */
export function secretSteps({ document }: FilledRole): SecretStep[] {
  const secrets = Object.entries(document.secrets).map(
    ([name, secret]): SecretSpec => ({
      name,
      from: secret.from,
      ...(secret.field === undefined ? {} : { field: secret.field }),
      ...(secret.version_stage === undefined ? {} : { versionStage: secret.version_stage }),
      owner: secret.owner ?? 'root',
      group: secret.group ?? 'root',
    }),
  );
  if (secrets.length === 0) return [];
  return [{ kind: 'secret', id: 'secrets', needs: [], from: 'secrets', secrets }];
}
