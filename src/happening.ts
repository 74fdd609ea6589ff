/** Happening: what can happen during a boot, a bake or a departure, told apart by `type`. */

export type Happening =
  | {
      readonly type: 'boot-started';
      readonly agentVersion: string;
      readonly simulated: boolean;
      readonly bootId: string;
      /** The process that boots: its id, and when it started (see ProcessMark). */
      readonly process?: { readonly pid: number; readonly startTicks: number };
    }
  | {
      readonly type: 'metadata-answered';
      readonly key: string;
      readonly status: number;
      readonly ms: number;
    }
  | {
      readonly type: 'metadata-retrying';
      readonly key: string;
      readonly because: string;
      readonly waitMs: number;
    }
  | {
      readonly type: 'identity-known';
      readonly instanceId: string;
      readonly instanceType: string;
      readonly zone: string;
      readonly group: string;
      readonly ms: number;
      readonly requests: number;
    }
  | { readonly type: 'class-chosen'; readonly class: string; readonly source: string }
  | { readonly type: 'release-chosen'; readonly release: string; readonly source: string }
  /** Addresses of the other nodes of the cluster, sorted. */
  | { readonly type: 'peers-found'; readonly peers: readonly string[] }
  | { readonly type: 'user-data-foreign'; readonly looksLike: string }
  | {
      readonly type: 'plan-made';
      readonly digest: string;
      readonly steps: number;
      readonly probes: number;
    }
  /** Which kind of start of the machine this is, by which fact, and what else is another than at the last run. */
  | {
      readonly type: 'start-recognised';
      readonly start: string;
      readonly because: string;
      readonly changes: readonly string[];
    }
  /** The way leads into a warm pool (the target lifecycle state); `waiting`: steps that are left for later. */
  | {
      readonly type: 'pool-entered';
      readonly state: string;
      readonly waiting: readonly string[];
    }
  /** The group wants it in service after all: the rest is done now. */
  | { readonly type: 'pool-left' }
  | {
      readonly type: 'bake-planned';
      readonly classes: readonly string[];
      readonly steps: number;
    }
  | {
      readonly type: 'image-cleaned';
      readonly path: string;
      readonly what: string;
      readonly bytes: number;
      readonly end: 'remove' | 'empty' | 'rewrite' | 'link';
    }
  /** What the start of a boot reads from the disk is noted in the image. */
  | { readonly type: 'start-recorded'; readonly files: number; readonly bytes: number }
  | {
      readonly type: 'aws-called';
      readonly service: string;
      readonly operation: string;
      readonly ms: number;
      readonly outcome: 'ok' | 'failed';
      readonly error?: string;
      readonly status?: number;
      /** The step that it was made for; absent: the boot itself. */
      readonly step?: string;
    }
  /** The body of an answer came to its end, or broke off: after `ms`, `waitedMs` of which were spent waiting for bytes. */
  | {
      readonly type: 'aws-received';
      readonly service: string;
      readonly operation: string;
      readonly bytes: number;
      readonly ms: number;
      readonly waitedMs: number;
      readonly step?: string;
    }
  | {
      readonly type: 'aws-retrying';
      readonly service: string;
      readonly operation: string;
      readonly because: string;
      readonly waitMs: number;
      readonly step?: string;
    }
  | {
      readonly type: 'step-started';
      readonly step: string;
      /** The need that finished last. */
      readonly heldUpBy?: string;
      /** All it needs was there, and other steps of its kind had taken every place: for so long. */
      readonly queuedMs?: number;
    }
  /** A step that is at work was kept waiting by somebody else's lock. */
  | {
      readonly type: 'step-waited';
      readonly step: string;
      /** Whose: `the lock of apt`, `artifact sha256 3fa9...`. */
      readonly on: string;
      readonly ms: number;
    }
  /** Written, and on disk, before the first change to the machine. */
  | {
      readonly type: 'step-applying';
      readonly step: string;
      readonly differences: readonly string[];
    }
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly bytes?: number;
      readonly total?: number;
      readonly line?: string;
    }
  | {
      readonly type: 'step-retrying';
      readonly step: string;
      readonly because: string;
      readonly waitMs: number;
    }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly outcome: 'unchanged' | 'changed' | 'failed' | 'skipped';
      readonly ms: number;
      readonly error?: string;
      /** The step whose failure stopped this one, which had no fault of its own; `boot` where all was ended from outside. */
      readonly stoppedBy?: string;
    }
  | {
      readonly type: 'probe-answered';
      readonly probe: string;
      readonly ok: boolean;
      readonly detail: string;
      readonly inARow: number;
      readonly wanted: number;
    }
  | {
      readonly type: 'verdict';
      readonly result: 'CONTINUE' | 'ABANDON';
      readonly because: string;
      /** All that a person must edit, one line each, where there is more than one fault. */
      readonly faults?: readonly string[];
    }
  | {
      readonly type: 'hook-found';
      readonly group: string;
      readonly hook: string;
      readonly heartbeatTimeoutSeconds?: number;
      /** Absent: launching. */
      readonly transition?: 'terminating';
    }
  /** How long the launch hook waits: `spentSeconds` at most, since EC2 started the instance; `until`: milliseconds since the epoch. */
  | {
      readonly type: 'hook-budget';
      readonly hook: string;
      readonly heartbeatTimeoutSeconds: number;
      readonly globalTimeoutSeconds: number;
      readonly spentSeconds: number;
      readonly until: number;
      /** The hook cannot be described, and these are the shortest timeouts there are. */
      readonly assumed: boolean;
    }
  | {
      readonly type: 'heartbeat';
      readonly outcome: 'recorded' | 'withheld' | 'not-active' | 'failed';
      readonly because?: string;
    }
  | {
      readonly type: 'hook-completed';
      readonly result: 'CONTINUE' | 'ABANDON';
      readonly outcome: 'completed' | 'already-completed' | 'not-sent';
      readonly because?: string;
      /** Absent: launching. */
      readonly transition?: 'terminating';
    }
  /** The node, which no group registers, begins to join its load balancers: `target group shop`. */
  | { readonly type: 'registering'; readonly balancers: readonly string[] }
  /** It is registered with one of them; `already`: since an earlier boot. */
  | { readonly type: 'registered'; readonly balancer: string; readonly already: boolean }
  /** How a load balancer sees the node, while it registers or after CONTINUE. */
  | {
      readonly type: 'target-health';
      /** Name of the target group, or of the classic load balancer. */
      readonly targetGroup: string;
      /** Absent: a target group. */
      readonly balancer?: 'classic';
      readonly state: string;
      readonly reason?: string;
      readonly because: string;
    }
  | { readonly type: 'watch-started'; readonly agentVersion: string; readonly because?: string }
  /** The metadata service stopped answering the watch, and answers again after `ms`. */
  | { readonly type: 'metadata-silent'; readonly because: string }
  | { readonly type: 'metadata-back'; readonly ms: number }
  | {
      readonly type: 'notice';
      readonly kind: string;
      readonly because: string;
      readonly source: string;
      /** Milliseconds since the epoch. */
      readonly until?: number;
      /** What it leads to: a drain, a drain later on, or nothing by the role's choice. */
      readonly leads: 'drain' | 'later' | 'noted';
    }
  | { readonly type: 'notice-withdrawn'; readonly kind: string }
  | {
      readonly type: 'drain-started';
      readonly because: string;
      readonly stages: readonly string[];
      /** Seconds that the whole may take. */
      readonly seconds: number;
    }
  | {
      readonly type: 'drain-stage';
      readonly stage: string;
      readonly outcome: 'done' | 'failed' | 'cut';
      readonly ms: number;
      readonly because?: string;
    }
  | {
      readonly type: 'drain-finished';
      readonly outcome: 'complete' | 'incomplete';
      readonly ms: number;
    }
  /** The failed node is kept for debugging: until then (milliseconds since the epoch), or until somebody ends it by one of `endedBy`. */
  | {
      readonly type: 'hold-begun';
      readonly until: number;
      readonly endedBy: readonly string[];
    }
  | { readonly type: 'hold-ended'; readonly because: string }
  /** The flight record is where it outlives the instance: `s3://bucket/key`. */
  | { readonly type: 'record-kept'; readonly address: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'boot-finished'; readonly exitCode: number; readonly ms: number };
