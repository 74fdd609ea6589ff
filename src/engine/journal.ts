/** The journal: what was done to the machine in this boot, on disk before it is done, so that a run cut off anywhere can be continued. */
import type { Event, Listener } from '../events.ts';
import type { Files, Log } from '../host/host.ts';
import { type EarlierRuns, readEarlier } from './earlier-runs.ts';

export type { EarlierRuns } from './earlier-runs.ts';

const directory = '/var/lib/bootstrap-agent/journal';
const kept = 20;
const journaled: ReadonlySet<Event['type']> = new Set([
  'boot-started',
  'step-applying',
  'step-finished',
  'verdict',
  'hook-completed',
  'boot-finished',
]);

export interface JournalKey {
  readonly instanceId: string;
  readonly bootId: string;
  readonly planDigest: string;
}

export interface Journal {
  readonly path: string;
  /** What earlier runs in this boot did, whatever their plan: the machine does not know which plan changed it. */
  readonly earlier: EarlierRuns;
  /** Damage found when it was opened, one sentence each. */
  readonly warnings: readonly string[];
  /** Writes down the events that matter. Events told before the journal was open may be handed to it afterwards. */
  readonly listener: Listener;
  /** Resolves when everything told so far is on disk. Throws StepError when it could not be written. */
  settled(): Promise<void>;
  /** Makes it durable, removes the journals of boots long ago, and closes it. */
  close(): Promise<void>;
}

/**
 * Opens the journal of this instance and boot, and reads what an earlier run in the same boot left there. A torn last
 * line is what a power cut leaves and is ignored; a damaged line elsewhere is a warning. Throws StepError when the disk
 * cannot be written.
 */
export async function openJournal(files: Files, key: JournalKey): Promise<Journal> {
  const folder = `${directory}/${fileName(key.instanceId)}`;
  const path = `${folder}/${fileName(key.bootId)}.jsonl`;
  const { earlier, warnings } = readEarlier(path, await files.read(path));
  await files.makeDirectory(folder, { mode: 0o700 });
  const log = await files.openLog(path);
  let failed: unknown;
  return {
    path,
    earlier,
    warnings,
    listener: (event) => {
      if (!journaled.has(event.type) || failed !== undefined) return;
      try {
        log.append(JSON.stringify({ ...event, planDigest: key.planDigest }));
      } catch (error) {
        // Told by `settled`, before the next change to the machine: a listener has nobody to throw to.
        failed = error;
      }
    },
    settled: async () => {
      if (failed !== undefined) throw failed;
      await log.flushed();
    },
    close: () => closeAndPrune(log, files, path),
  };
}

async function closeAndPrune(log: Log, files: Files, current: string): Promise<void> {
  try {
    const paths = await journalsOf(files);
    if (paths.length <= kept) return;
    const others = paths.filter((path) => path !== current);
    const aged = await Promise.all(
      others.map(async (path) => ({ path, at: startOf(await files.read(path)) })),
    );
    aged.sort((a, b) => b.at - a.at);
    for (const { path } of aged.slice(kept - 1)) await files.remove(path);
  } finally {
    await log.close();
  }
}

/** All journals: an image taken from an instance brings those of that instance along. */
async function journalsOf(files: Files): Promise<string[]> {
  const paths: string[] = [];
  for (const instance of await files.list(directory)) {
    const names = await files.list(`${directory}/${instance}`);
    paths.push(...names.map((name) => `${directory}/${instance}/${name}`));
  }
  return paths;
}

/** When the first event of a journal happened; boot ids are random and tell no order. */
function startOf(bytes: Buffer | undefined): number {
  return Number(/"at":(\d+)/.exec(bytes?.subarray(0, 4096).toString() ?? '')?.[1] ?? 0);
}

/** Instance ids and boot ids are hexadecimal with dashes; anything else must not become a path. */
function fileName(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_') || '_';
}
