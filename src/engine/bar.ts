/** Bar: one part of a boot, where it lies in time, and what it waited for. */
import type { Wait } from './waits.ts';

export interface Bar {
  readonly name: string;
  readonly part:
    | 'kernel'
    | 'systemd'
    | 'metadata'
    | 'identity'
    | 'plan'
    | 'step'
    | 'download'
    | 'unit'
    | 'probe'
    | 'balancer'
    | 'hook'
    | 'target';
  /** Milliseconds since the start of the agent; negative before it. */
  readonly startMs: number;
  readonly endMs: number;
  /** One word or two: `changed`, `7 requests`, `CONTINUE`. */
  readonly outcome: string;
  /** Times that it was tried again. */
  readonly retries: number;
  /** On the critical path: had it been faster, the boot would have been. */
  readonly critical: boolean;
  readonly waits: readonly Wait[];
  /** Of a download. */
  readonly bytes?: number;
}
