/** The seal: what the making of an image left in it is found, told and removed. */
import { messageOf, StepError } from '../../errors.ts';
import type { Tell } from '../../events.ts';
import type { Files, Host } from '../../host/host.ts';
import { cloud } from './cloud.ts';
import { identity } from './identity.ts';
import { people } from './people.ts';
import type { Remnant, Sealed } from './remnant.ts';
import { traces } from './traces.ts';

/** Logs last but one: what is done before may be written there. */
const cleaners = [...identity, ...cloud, ...people, ...traces];

/**
 * Removes everything, telling each thing, and waits for the disk. Safe to repeat after having been cut off anywhere. Throws
 * StepError with all that could not be removed, after all else was.
 */
export async function seal(host: Host, tell: Tell, signal: AbortSignal): Promise<Sealed> {
  await leaveDisk(host);
  const removed: Sealed['removed'][number][] = [];
  const failures: string[] = [];
  for (const cleaner of cleaners) {
    for (const { path, what, bytes, end } of await cleaner(host.files)) {
      signal.throwIfAborted();
      try {
        await bringTo(end, path, host.files);
        removed.push({ path, what, bytes, end: end.kind });
        tell({ type: 'image-cleaned', path, what, bytes, end: end.kind });
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
  }
  const { exitCode, stderr } = await host.run(['sync'], { timeoutSeconds: 300 });
  if (exitCode !== 0) failures.push(`sync: exit code ${exitCode}: ${stderr.trim()}`);
  if (failures.length > 0)
    throw new StepError(
      `the image is not clean:\n${failures.map((each) => `  ${each}`).join('\n')}`,
    );
  return { removed };
}

/** The journal goes back to memory, or it would begin a new file under the machine id that has just been taken away. */
async function leaveDisk({ files, run }: Host): Promise<void> {
  if ((await files.stat('/run/systemd/system')) === undefined) return;
  // Older than systemd 243, or without a journal on the disk: then there is nothing to leave.
  await run(['journalctl', '--relinquish-var'], { timeoutSeconds: 30 });
}

async function bringTo(end: Remnant['end'], path: string, files: Files): Promise<void> {
  switch (end.kind) {
    case 'remove':
      return files.remove(path);
    case 'empty':
      return files.poke(path, '');
    case 'rewrite': {
      const stat = await files.stat(path);
      const { owner = 'root', group = 'root' } = stat ?? {};
      return files.write(path, end.content, { owner, group, mode: end.mode });
    }
    case 'link':
      await files.remove(path);
      return files.link(path, end.target);
  }
}
