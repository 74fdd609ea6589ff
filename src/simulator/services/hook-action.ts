/** One lifecycle action of one instance: a hook's wait, with its heartbeat and global timeouts. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { SimulatedHook } from './world.ts';

export type HookResult = 'CONTINUE' | 'ABANDON';

export interface HookOutcome {
  readonly result: HookResult;
  /** Who decided: a CompleteLifecycleAction call, a timeout (with the default result), another hook's ABANDON, or the hook's end. */
  readonly how: 'completed' | 'heartbeat timeout' | 'global timeout' | 'cancelled' | 'hook deleted';
  /** Milliseconds since the epoch, by the simulator's clock. */
  readonly at: number;
}

/** Auto Scaling user guide, lifecycle-hooks: the default heartbeat timeout, and the longest wait of all, 48 hours. */
const defaultHeartbeatSeconds = 3600;
const longestWaitSeconds = 172_800;

export class HookAction {
  readonly hook: string;
  /** 36 characters, the same at every start. */
  readonly token: string;
  readonly startedAt: number;
  heartbeats = 0;
  outcome: HookOutcome | undefined;
  readonly #heartbeatMs: number;
  readonly #globalDue: number;
  readonly #defaultResult: HookResult;
  readonly #clock: Clock;
  readonly #ended: (outcome: HookOutcome) => void;
  readonly #stop = new AbortController();
  #heartbeatDue: number;

  constructor(options: {
    name: string;
    instanceId: string;
    hook: SimulatedHook;
    clock: Clock;
    signal: AbortSignal;
    ended: (outcome: HookOutcome) => void;
  }) {
    const { name, instanceId, hook, clock } = options;
    this.hook = name;
    this.token = tokenFor(`${instanceId} ${name}`);
    this.startedAt = clock.now();
    this.#clock = clock;
    this.#ended = options.ended;
    this.#defaultResult = hook.defaultResult ?? 'ABANDON';
    this.#heartbeatMs = heartbeatTimeoutSeconds(hook) * 1000;
    this.#heartbeatDue = clock.monotonic() + this.#heartbeatMs;
    this.#globalDue = clock.monotonic() + globalTimeoutSeconds(hook) * 1000;
    options.signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    void this.#watch();
  }

  /** Starts the heartbeat timeout anew, at the hook's own length; the global timeout runs on. */
  heartbeat(): void {
    this.heartbeats += 1;
    this.#heartbeatDue = this.#clock.monotonic() + this.#heartbeatMs;
  }

  finish(result: HookResult, how: HookOutcome['how']): void {
    if (this.outcome !== undefined) return;
    this.outcome = { result, how, at: this.#clock.now() };
    this.#stop.abort();
    this.#ended(this.outcome);
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const due = Math.min(this.#heartbeatDue, this.#globalDue);
      const left = due - this.#clock.monotonic();
      if (left <= 0) {
        const how = due === this.#globalDue ? 'global timeout' : 'heartbeat timeout';
        return this.finish(this.#defaultResult, how);
      }
      await this.#clock.sleep(left, this.#stop.signal).catch(() => undefined);
    }
  }
}

export function heartbeatTimeoutSeconds(hook: SimulatedHook): number {
  return hook.heartbeatTimeoutSeconds ?? defaultHeartbeatSeconds;
}

/** Auto Scaling user guide, lifecycle-hooks: 48 hours or 100 times the heartbeat timeout, whichever is smaller. */
export function globalTimeoutSeconds(hook: SimulatedHook): number {
  return Math.min(longestWaitSeconds, 100 * heartbeatTimeoutSeconds(hook));
}

function tokenFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
