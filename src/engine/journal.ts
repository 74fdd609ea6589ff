/** The journal: what was done to the machine in this boot, on disk before it is done, so that a run cut off anywhere can be continued. */
import type { Event, Listener } from '../events.ts';
import type { Files, Log } from '../host/host.ts';
import { type EarlierRuns, type PreviousRun, readEarlier, runLine } from './earlier-runs.ts';
import { type JournalFile, journalFile, journalFiles } from './journal-folder.ts';
import { type Memory, nothing } from './memory.ts';
import type { RunKey } from './run-key.ts';

export type { EarlierRuns, PreviousRun } from './earlier-runs.ts';

const kept = 20;
const journaled: ReadonlySet<Event['type']> = new Set([
  'boot-started',
  'pool-left',
  'step-applying',
  'step-finished',
  'verdict',
  'hook-completed',
  'boot-finished',
]);

export interface Journal {
  readonly path: string;
  /** What earlier runs in this boot did, whatever their plan: the machine does not know which plan changed it. */
  readonly earlier: EarlierRuns;
  /** The last run on this disk, in whichever boot and of whichever instance; absent where there was none. */
  readonly previous?: PreviousRun;
  /** What earlier runs left to know. */
  readonly memory: Memory;
  /** True where journals of other instances are on this disk. */
  readonly others: boolean;
  /** Damage found when it was opened, one sentence each. */
  readonly warnings: readonly string[];
  /** Writes down the events that matter. Events told before the journal was open may be handed to it afterwards. */
  readonly listener: Listener;
  /** Resolves when everything told so far is on disk. Throws StepError when it could not be written. */
  settled(): Promise<void>;
  /** Makes it durable, removes this instance's journals of boots long ago, and closes it. */
  close(): Promise<void>;
}

/**
 * Opens the journal of this instance and boot, reads what earlier runs left there and in the one before it, and begins a
 * run in it. A torn last line is what a power cut leaves and is ignored; a damaged line elsewhere is a warning. `at`:
 * milliseconds since the epoch. Throws StepError when the disk cannot be written.
 */
export async function openJournal(files: Files, key: RunKey, at: number): Promise<Journal> {
  const found = await journalFiles(files);
  const wanted = journalFile(key.instanceId, key.bootId, (found[0]?.number ?? 0) + 1);
  const isOwn = ({ instance, boot }: JournalFile) =>
    instance === wanted.instance && boot === wanted.boot;
  const own = found.find(isOwn) ?? wanted;
  const { earlier, warnings } = readEarlier(own.path, await files.read(own.path));
  const others = found.filter((file) => !isOwn(file));
  const previous = earlier.last ?? (await lastRun(files, others));
  const memory = remembered(previous, key);
  await files.makeDirectory(own.path.slice(0, own.path.lastIndexOf('/')), { mode: 0o700 });
  const log = await files.openLog(own.path);
  let failed: unknown;
  const append = (line: string) => {
    if (failed !== undefined) return;
    try {
      log.append(line);
    } catch (error) {
      // Told by `settled`, before the next change to the machine: a listener has nobody to throw to.
      failed = error;
    }
  };
  append(runLine(at, key, memory));
  return {
    path: own.path,
    earlier,
    ...(previous !== undefined && { previous }),
    memory,
    others: found.some(({ instance }) => instance !== wanted.instance),
    warnings,
    listener: (event) => {
      if (!journaled.has(event.type)) return;
      append(JSON.stringify({ ...event, planDigest: key.planDigest }));
    },
    settled: async () => {
      if (failed !== undefined) throw failed;
      await log.flushed();
    },
    close: () => closeAndPrune(log, files, own),
  };
}

/** The last run on this disk, of whichever instance; undefined where there was none. Changes nothing. */
export async function lastRunOn(files: Files): Promise<PreviousRun | undefined> {
  return lastRun(files, await journalFiles(files));
}

/** A journal whose first line was cut off holds no run: the one before it tells. */
async function lastRun(
  files: Files,
  latestFirst: readonly JournalFile[],
): Promise<PreviousRun | undefined> {
  for (const { path } of latestFirst) {
    const { last } = readEarlier(path, await files.read(path)).earlier;
    if (last !== undefined) return last;
  }
  return undefined;
}

/**
 * What was brought up is on the disk; what was told is about its own stay in its group. A node that goes to and fro between
 * service and a pool that runs comes to the same target again, in another stay.
 */
function remembered(previous: PreviousRun | undefined, now: RunKey): Memory {
  if (previous === undefined) return nothing;
  const { memory } = previous;
  const { completed, units } = memory;
  const here =
    completed?.instanceId === now.instanceId &&
    completed.targetLifecycleState === now.targetLifecycleState;
  return here ? memory : { units };
}

async function closeAndPrune(log: Log, files: Files, current: JournalFile): Promise<void> {
  try {
    const mine = (await journalFiles(files)).filter(
      ({ instance }) => instance === current.instance,
    );
    const old = mine.filter(({ path }) => path !== current.path).slice(kept - 1);
    for (const { path } of old) await files.remove(path);
  } finally {
    await log.close();
  }
}
