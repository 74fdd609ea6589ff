/** The mask of a unit: a symlink to /dev/null where its unit file would be. */
import type { Files } from '../../host/host.ts';

export const maskTarget = '/dev/null';

export function maskPath(unit: string): string {
  return `/etc/systemd/system/${unit}`;
}

export async function isMasked(files: Files, unit: string): Promise<boolean> {
  const stat = await files.stat(maskPath(unit));
  return stat?.type === 'symlink' && stat.target === maskTarget;
}
