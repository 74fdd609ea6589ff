/** Leaving: how the watch and the drain of this node stand, for `agent status`, for the next run after a crash, and for the logs. */
import type { Files } from '../host/host.ts';
import type { Notice } from './notices/notice.ts';

export const leavingPath = '/run/bootstrap-agent/leaving.json';
/** There while somebody wants the node drained by hand. */
export const byHandPath = '/run/bootstrap-agent/drain-by-hand.json';

export interface Leaving {
  readonly agentVersion: string;
  /** Of the process that watches, or drained by hand. */
  readonly pid: number;
  readonly watching: boolean;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
  /** The node has worked for its group in this boot of the kernel. */
  readonly wasInService: boolean;
  /** Since when the metadata service has been silent. */
  readonly silentSince?: number | null;
  readonly notices: readonly Notice[];
  readonly drain?: Drain;
}

export interface Drain {
  readonly id: string;
  readonly state: 'draining' | 'drained' | 'incomplete' | 'returning' | 'returned' | 'lost';
  /** Kinds of the notices that it was for. */
  readonly kinds: readonly Notice['kind'][];
  readonly because: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
  /** By when it is to be over. */
  readonly until: number;
  /** The node took itself out of its target groups, and has to go back there by itself. */
  readonly deregistered: boolean;
  readonly stages: readonly {
    readonly stage: string;
    readonly outcome: 'done' | 'failed' | 'cut';
    readonly ms: number;
    readonly because?: string;
  }[];
}

/** The beginning of a run, which knows what the one before knew. */
export function leavingFrom(agentVersion: string, pid: number, before?: Leaving): Leaving {
  const { wasInService = false, notices = [], drain } = before ?? {};
  return {
    agentVersion,
    pid,
    watching: false,
    updatedAt: before?.updatedAt ?? 0,
    wasInService,
    notices,
    ...(drain !== undefined && { drain }),
  };
}

/** Undefined where nobody has watched since power-on, or where the file is damaged: as good as none. */
export async function readLeaving(files: Pick<Files, 'read'>): Promise<Leaving | undefined> {
  const bytes = await files.read(leavingPath);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as Leaving;
  } catch {
    return undefined;
  }
}

/** Keeps the file: one write at a time, the last state wins. */
export class LeavingFile {
  readonly #files: Pick<Files, 'write'>;
  readonly #now: () => number;
  readonly #failed: (error: unknown) => void;
  #record: Leaving;
  #written: Leaving | undefined;
  #writing: Promise<void> | undefined;

  /** `failed`: told of a file that cannot be written; nobody's drain fails for that. */
  constructor(
    files: Pick<Files, 'write'>,
    now: () => number,
    record: Leaving,
    failed: (error: unknown) => void,
  ) {
    this.#files = files;
    this.#now = now;
    this.#record = record;
    this.#failed = failed;
  }

  get record(): Leaving {
    return this.#record;
  }

  set(change: Partial<Leaving>): void {
    this.#record = { ...this.#record, ...change, updatedAt: this.#now() };
    this.#writing ??= this.#write();
  }

  /** Resolves when the file holds the present state. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#record !== this.#written) {
      this.#written = this.#record;
      try {
        await this.#files.write(leavingPath, `${JSON.stringify(this.#written, undefined, 2)}\n`);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#writing = undefined;
  }
}
