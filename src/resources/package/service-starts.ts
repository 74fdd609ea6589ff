/** Keeps packages of Debian from starting their services while they are installed: our services start when the node is ready. */
import type { Files } from '../../host/host.ts';
import type { Difference } from '../resource.ts';

/** Asked by invoke-rc.d(8) before it does anything; exit code 101 forbids it. */
const path = '/usr/sbin/policy-rc.d';
const ours =
  '#!/bin/sh\n# bootstrap-agent installs packages; their services start when the node is ready.\nexit 101\n';

/** Runs `install` with our policy in place. Somebody else's policy is left as it is. */
export async function withoutServiceStarts(
  files: Files,
  install: () => Promise<void>,
): Promise<void> {
  if ((await files.stat(path)) === undefined) await files.write(path, ours, { mode: 0o755 });
  try {
    await install();
  } finally {
    await removeLeftover(files);
  }
}

/** Our policy, left by an agent that was killed: it would keep every later package from starting its services. */
export async function leftover(files: Files): Promise<Difference | undefined> {
  if ((await files.read(path))?.toString() !== ours) return undefined;
  return { aspect: path, found: 'left by an interrupted install', wanted: 'absent' };
}

export async function removeLeftover(files: Files): Promise<void> {
  if ((await leftover(files)) !== undefined) await files.remove(path);
}
