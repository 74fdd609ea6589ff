/** Leaving: how the watch and the drain of this node stand, for `agent status`, for the next run after a crash, and for the logs. */
import { StepError } from '../errors.ts';
import type { Files } from '../host/host.ts';
import { type Notice, traits } from './notices/notice.ts';

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

const drainStates = ['draining', 'drained', 'incomplete', 'returning', 'returned', 'lost'] as const;

export interface Drain {
  readonly id: string;
  readonly state: (typeof drainStates)[number];
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

/** The file is there and holds no such record. */
export class DamagedLeaving extends StepError {
  override name = 'DamagedLeaving';

  constructor(found: string, cause?: unknown) {
    super(
      `${leavingPath} holds no record of the watch: ${found}. Whether this node is watched or drained cannot be told from it. Write it anew: systemctl restart bootstrap-agent-watch (where no watch is to run, remove the file)`,
      { cause },
    );
  }
}

/** Undefined where nobody has watched since power-on. Throws DamagedLeaving where the file holds something else. */
export async function readLeaving(files: Pick<Files, 'read'>): Promise<Leaving | undefined> {
  const bytes = await files.read(leavingPath);
  if (bytes === undefined) return undefined;
  if (bytes.toString('utf8').trim() === '') throw new DamagedLeaving('it is empty');
  let record: unknown;
  try {
    record = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new DamagedLeaving(`its ${bytes.length} bytes are no whole JSON`, cause);
  }
  if (!isLeaving(record)) throw new DamagedLeaving('it is JSON, but of something else');
  return record;
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown };

function isLeaving(value: unknown): value is Leaving {
  if (!(value instanceof Object)) return false;
  const { pid, watching, updatedAt, wasInService, silentSince, notices, drain } =
    value as Unchecked<Leaving>;
  return (
    typeof pid === 'number' &&
    typeof watching === 'boolean' &&
    typeof updatedAt === 'number' &&
    typeof wasInService === 'boolean' &&
    (silentSince == null || typeof silentSince === 'number') &&
    Array.isArray(notices) &&
    notices.every((one) => isKind(one?.kind) && typeof one.because === 'string') &&
    (drain === undefined || isDrain(drain))
  );
}

function isDrain(value: unknown): value is Drain {
  if (!(value instanceof Object)) return false;
  const { id, state, kinds, because, startedAt, finishedAt, until, deregistered, stages } =
    value as Unchecked<Drain>;
  return (
    typeof id === 'string' &&
    (drainStates as readonly unknown[]).includes(state) &&
    Array.isArray(kinds) &&
    kinds.every(isKind) &&
    typeof because === 'string' &&
    typeof startedAt === 'number' &&
    (finishedAt === undefined || typeof finishedAt === 'number') &&
    typeof until === 'number' &&
    typeof deregistered === 'boolean' &&
    Array.isArray(stages) &&
    stages.every((one) => typeof one?.stage === 'string' && typeof one.outcome === 'string')
  );
}

function isKind(kind: unknown): kind is Notice['kind'] {
  return typeof kind === 'string' && Object.hasOwn(traits, kind);
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
