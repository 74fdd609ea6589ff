/** Held: the note on the machine that this failed node is kept for debugging; `agent abandon` ends that by removing it. */
import type { Files, ProcessMark } from '../host/host.ts';

export const heldPath = '/run/bootstrap-agent/held.json';

export interface Held {
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** What waits, in words: `hook bootstrap of group shop`. */
  readonly waits: string;
  /** Of the agent that looks for this note. */
  readonly process?: ProcessMark;
}

/** Throws StepError where /run cannot be written. */
export function noteHeld(files: Pick<Files, 'write'>, held: Held): Promise<void> {
  return files.write(heldPath, `${JSON.stringify(held)}\n`, { mode: 0o600 });
}

/** Undefined where nobody is held, or the note is damaged. */
export async function readHeld(files: Pick<Files, 'read'>): Promise<Held | undefined> {
  const bytes = await files.read(heldPath);
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as Held);
  } catch {
    return undefined;
  }
}
