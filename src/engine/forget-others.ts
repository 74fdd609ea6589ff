/** Forgetting other instances: what the agent left on a disk while that was another instance's has no place on its clone. */
import type { Files } from '../host/host.ts';
import { instanceIn, onceDirectory } from '../resources/run-once.ts';
import { type FlightRecord, recordsDirectory } from './flight-record.ts';
import { journalFile, journalsDirectory } from './journal-folder.ts';

/**
 * Removes the flight records, notes of commands that ran once and journals that are not of this instance; gives what was removed, in words. Records of boots
 * that failed before anybody knew the instance count by their boot. The journals come last: cut off anywhere, the next
 * run finds them and comes here again. Throws StepError when the disk cannot be written.
 */
export async function forgetOthers(
  files: Files,
  instanceId: string,
  bootId: string,
): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await files.list(recordsDirectory)) {
    const path = `${recordsDirectory}/${name}`;
    const owner = ownerOf(await files.read(path));
    if (owner.instanceId === instanceId) continue;
    if (owner.instanceId === undefined && owner.bootId === bootId) continue;
    await files.remove(path);
    removed.push(`record ${name}`);
  }
  const own = journalFile(instanceId, bootId, 0).instance;
  for (const name of await files.list(onceDirectory)) {
    const path = `${onceDirectory}/${name}`;
    if (instanceIn(await files.read(path)) === instanceId) continue;
    await files.remove(path);
    removed.push(`note of a command that ran once, ${name.replace(/\.json$/, '')}`);
  }
  for (const instance of await files.list(journalsDirectory)) {
    if (instance === own) continue;
    await files.remove(`${journalsDirectory}/${instance}`);
    removed.push(`journals of ${instance}`);
  }
  return removed;
}

interface Owner {
  readonly instanceId?: string;
  readonly bootId?: string;
}

/** Of a record that cannot be read: nobody. */
function ownerOf(bytes: Buffer | undefined): Owner {
  try {
    const { bootId, events } = JSON.parse(bytes?.toString('utf8') ?? '') as FlightRecord;
    // A boot can fail between the two: a class without a role.
    const known = events.find((event) => event.type === 'identity-known');
    return { bootId, ...(known !== undefined && { instanceId: known.instanceId }) };
  } catch {
    return {};
  }
}
