/** The status file: written whole and atomically while the boot goes on, read by `agent status`. */
import type { Clock } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Listener, Tell } from '../events.ts';
import type { Files } from '../host/host.ts';
import { type StatusRecord, statusAfter, statusPath } from './status.ts';

/** Between two writes that bring only details; a change of state is written at once. */
const detailsEveryMs = 500;

export interface StatusFile {
  readonly listener: Listener;
  /** Resolves when the file holds all that was told so far. Never rejects. */
  settled(): Promise<void>;
}

/**
 * Keeps /run/bootstrap-agent/status.json up to date. A file that cannot be written is one warning and no more: nobody's
 * boot fails for want of a status.
 */
export function statusFile(files: Files, clock: Clock, tell: Tell): StatusFile {
  let record: StatusRecord | undefined;
  let written: StatusRecord | undefined;
  let writing: Promise<void> | undefined;
  let broken = false;
  let hurry = new AbortController();

  const write = async () => {
    while (!broken && record !== undefined && record !== written) {
      if (record.state === written?.state)
        await clock.sleep(detailsEveryMs, hurry.signal).catch(() => undefined);
      written = record;
      try {
        await files.write(statusPath, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o644 });
      } catch (error) {
        broken = true;
        tell({ type: 'warning', message: `no status is kept: ${messageOf(error)}` });
      }
    }
    writing = undefined;
  };
  const writeNow = () => {
    hurry.abort();
    hurry = new AbortController();
    writing ??= write();
    return writing;
  };
  return {
    listener: (event) => {
      record = statusAfter(record, event);
      if (record === undefined || broken) return;
      if (record.state === written?.state) writing ??= write();
      else writeNow();
    },
    settled: async () => {
      while (!broken && record !== written) await writeNow();
      await writing;
    },
  };
}

/** The status file is there and holds no status. */
export class DamagedStatus extends StepError {
  override name = 'DamagedStatus';
  /** What the file holds instead, in words. */
  readonly found: string;

  constructor(found: string, cause?: unknown) {
    super(`${statusPath} holds no status record: ${found}; the next boot writes it anew`, {
      cause,
    });
    this.found = found;
  }
}

/** The status as it was last written; undefined when the agent has not run in this boot. Throws DamagedStatus when it is no status. */
export async function readStatus(files: Files): Promise<StatusRecord | undefined> {
  const bytes = await files.read(statusPath);
  if (bytes === undefined) return undefined;
  let record: Partial<StatusRecord> | null;
  try {
    record = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new DamagedStatus(noJson(bytes), cause);
  }
  if (
    typeof record?.startedAt !== 'number' ||
    typeof record.state !== 'string' ||
    !Array.isArray(record.steps?.current) ||
    !(record.probes instanceof Object)
  )
    throw new DamagedStatus('it is JSON, but of something else');
  return record as StatusRecord;
}

/** The agent ends what it writes with a closing brace. */
function noJson(bytes: Buffer): string {
  const text = bytes.toString('utf8').trim();
  if (text === '') return 'it is empty';
  return text.startsWith('{') && !text.endsWith('}')
    ? `it is cut off after ${bytes.length} bytes`
    : 'it is not JSON';
}
