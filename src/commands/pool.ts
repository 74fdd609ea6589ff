/** A boot on the way into a warm pool: what it puts away, the note that it leaves, and whether the pool is still the way. */
import { UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Files, Host } from '../host/host.ts';
import type { Launch } from '../identity/identity.ts';
import { keys } from '../identity/keys.ts';
import type { Metadata } from '../identity/metadata.ts';
import { preparedPath } from '../lifecycle/prepared.ts';
import type { Plan } from '../plan/plan.ts';
import { isForPool } from '../plan/preparation.ts';
import { secretPath, versionsPath } from '../resources/secret-files.ts';

/**
 * Removes what an earlier stay in service left in memory and only service needs: secrets, and the files below /run that wait
 * for it. An instance that hibernates writes its memory to a disk.
 */
export async function putAway({ steps, activate }: Plan, files: Files): Promise<void> {
  for (const step of steps) {
    if (!activate.includes(step.id)) continue;
    if (step.kind === 'secret') {
      for (const { name } of step.secrets) await files.remove(secretPath(name));
      await files.remove(versionsPath);
    }
    if (step.kind === 'file' && step.path.startsWith('/run/')) await files.remove(step.path);
  }
}

/**
 * Notes that this node is prepared and no more; the note outlives neither the power nor the next boot into service. And
 * starts the watch, which bootstrap-agent.target does otherwise: a pool of running or hibernated instances wakes nobody
 * else, since no boot of the kernel follows.
 */
export async function notePrepared(
  { files, run }: Pick<Host, 'files' | 'run'>,
  launch: Launch | undefined,
  tell: Tell,
): Promise<void> {
  const { targetLifecycleState } = launch ?? {};
  await files.write(preparedPath, `${JSON.stringify({ targetLifecycleState })}\n`);
  const watch = 'bootstrap-agent-watch.service';
  // Its turn comes when systemd has heard that this boot is over.
  const { exitCode, stderr } = await run(['systemctl', 'start', '--no-block', '--', watch]);
  if (exitCode === 0) return;
  const message = `nobody will notice when the group wants this node, unless it is powered on for that: ${watch} cannot be started: ${stderr.trim()}`;
  tell({ type: 'warning', message });
}

export async function forgetPrepared(files: Files): Promise<void> {
  await files.remove(preparedPath);
}

/** Whether the group still wants it in the pool, asked anew; who cannot be asked has not changed his mind. */
export async function isStillForPool(
  metadata: Metadata,
  launch: Launch | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const targetLifecycleState = await metadata.read(keys.targetLifecycleState, signal);
    return isForPool(targetLifecycleState === undefined ? launch : { targetLifecycleState });
  } catch (error) {
    if (error instanceof UnavailableError) return isForPool(launch);
    throw error;
  }
}
