/** Run once: the durable notes of commands that run once in the life of an instance, each about the instance and root volume it ran on. */
import type { World } from './resource.ts';

/** Kept over reboots; sealing an image removes them, and so does the first run on another instance's disk. */
export const onceDirectory = '/var/lib/bootstrap-agent/once';

interface Note {
  readonly instanceId: string;
  /** Serial of the volume that held /; absent where the device told none. */
  readonly rootVolume?: string;
}

/** Why the command of this name is to be run, in words; undefined where it has run here. */
export async function notRunHere(name: string, world: World): Promise<string | undefined> {
  const { instanceId, host } = world;
  const note = noteIn(await host.files.read(pathOf(name)));
  if (note === undefined) return 'not run on this instance';
  if (note.instanceId !== instanceId) return `run on ${note.instanceId}, of which this is a clone`;
  const { rootVolume } = await host.hardware();
  return note.rootVolume === rootVolume ? undefined : 'run on another root volume';
}

/** Notes, durably, that it has run; until then it counts as not run. Throws StepError where the disk cannot be written. */
export async function noteRun(name: string, { instanceId = '', host }: World): Promise<void> {
  const { rootVolume } = await host.hardware();
  const note: Note = { instanceId, ...(rootVolume !== undefined && { rootVolume }) };
  await host.files.write(pathOf(name), `${JSON.stringify(note)}\n`, { mode: 0o600 });
}

/** The instance that a note is about; undefined where nobody can tell. */
export function instanceIn(bytes: Buffer | undefined): string | undefined {
  return noteIn(bytes)?.instanceId;
}

/** Undefined where the bytes are no note: then it runs again, rather than never. */
function noteIn(bytes: Buffer | undefined): Note | undefined {
  try {
    const note = JSON.parse(bytes?.toString('utf8') ?? '') as Partial<Note> | null;
    return typeof note?.instanceId === 'string' ? (note as Note) : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(name: string): string {
  return `${onceDirectory}/${encodeURIComponent(name)}.json`;
}
