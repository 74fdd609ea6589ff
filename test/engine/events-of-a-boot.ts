/** The events of a small boot, and of one that failed, as a test's input. */
import type { Event, Happening } from '../../src/events.ts';

const start = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Happenings with their milliseconds since the start. */
export function eventsAt(...happenings: readonly (readonly [number, Happening])[]): Event[] {
  return happenings.map(([elapsed, happening]) => ({ at: start + elapsed, elapsed, ...happening }));
}

const beginning = [
  [0, { type: 'boot-started', agentVersion: '1.2.3', simulated: true, bootId: 'boot-1' }],
  [9, { type: 'metadata-answered', key: 'api/token', status: 200, ms: 7 }],
  [14, { type: 'metadata-answered', key: 'meta-data/tags/instance/', status: 200, ms: 4 }],
  [
    20,
    {
      type: 'identity-known',
      instanceId: 'i-0abc',
      instanceType: 'm5.large',
      zone: 'eu-west-1a',
      group: 'shop',
      ms: 18,
      requests: 7,
    },
  ],
  [21, { type: 'class-chosen', class: 'tomcat', source: 'tag' }],
  [22, { type: 'release-chosen', release: '2026-01', source: 'pointer' }],
  [40, { type: 'plan-made', digest: 'abcdef0123456789', steps: 4, probes: 1 }],
] as const satisfies readonly (readonly [number, Happening])[];

export const goodBoot: Event[] = eventsAt(
  ...beginning,
  [41, { type: 'step-started', step: 'sysctl' }],
  [42, { type: 'step-started', step: 'artifact:shop' }],
  [43, { type: 'step-finished', step: 'sysctl', outcome: 'unchanged', ms: 2 }],
  [44, { type: 'step-started', step: 'file:/etc/shop.conf', heldUpBy: 'sysctl' }],
  [45, { type: 'step-applying', step: 'file:/etc/shop.conf', differences: ['content'] }],
  [60, { type: 'step-finished', step: 'file:/etc/shop.conf', outcome: 'changed', ms: 16 }],
  [
    90,
    {
      type: 'aws-called',
      service: 's3',
      operation: 'GetObject',
      ms: 40,
      outcome: 'failed',
      error: 'SlowDown',
    },
  ],
  [90, { type: 'step-retrying', step: 'artifact:shop', because: '503 SlowDown', waitMs: 120 }],
  [
    300,
    {
      type: 'aws-called',
      service: 's3',
      operation: 'GetObject',
      ms: 40,
      outcome: 'ok',
      status: 200,
    },
  ],
  [400, { type: 'step-progress', step: 'artifact:shop', bytes: 32_000_000, total: 64_000_000 }],
  [700, { type: 'step-finished', step: 'artifact:shop', outcome: 'changed', ms: 658 }],
  [700, { type: 'step-started', step: 'service:shop.service', heldUpBy: 'artifact:shop' }],
  [800, { type: 'step-finished', step: 'service:shop.service', outcome: 'changed', ms: 100 }],
  [
    805,
    {
      type: 'probe-answered',
      probe: 'http:8080',
      ok: false,
      detail: 'connection refused on port 8080: nothing listens',
      inARow: 0,
      wanted: 1,
    },
  ],
  [
    1100,
    {
      type: 'probe-answered',
      probe: 'http:8080',
      ok: true,
      detail: 'answered 200',
      inARow: 1,
      wanted: 1,
    },
  ],
  [1101, { type: 'verdict', result: 'CONTINUE', because: 'http:8080: answered 200' }],
  [
    1150,
    {
      type: 'aws-called',
      service: 'autoscaling',
      operation: 'CompleteLifecycleAction',
      ms: 40,
      outcome: 'ok',
    },
  ],
  [1151, { type: 'hook-completed', result: 'CONTINUE', outcome: 'completed' }],
  [1160, { type: 'boot-finished', exitCode: 0, ms: 1160 }],
);

export const badBoot: Event[] = eventsAt(
  ...beginning,
  [41, { type: 'step-started', step: 'sysctl' }],
  [41, { type: 'step-started', step: 'artifact:shop' }],
  [
    90,
    {
      type: 'step-finished',
      step: 'artifact:shop',
      outcome: 'failed',
      ms: 49,
      error: 'sha256 differs',
    },
  ],
  [
    95,
    {
      type: 'step-finished',
      step: 'sysctl',
      outcome: 'failed',
      ms: 54,
      error: 'stopped because of artifact:shop',
      stoppedBy: 'artifact:shop',
    },
  ],
  [95, { type: 'step-finished', step: 'service:shop.service', outcome: 'skipped', ms: 0 }],
  [96, { type: 'verdict', result: 'ABANDON', because: 'artifact:shop: sha256 differs' }],
  [
    99,
    {
      type: 'hook-completed',
      result: 'ABANDON',
      outcome: 'not-sent',
      because: 'the instance is in no Auto Scaling group',
    },
  ],
  [100, { type: 'boot-finished', exitCode: 78, ms: 100 }],
);

/** One event of every type that neither boot holds. */
export const rareEvents: Event[] = eventsAt(
  [1, { type: 'metadata-retrying', key: 'api/token', because: 'refused', waitMs: 50 }],
  [2, { type: 'user-data-foreign', looksLike: 'a shell script' }],
  [3, { type: 'aws-retrying', service: 's3', operation: 'GetObject', because: '503', waitMs: 70 }],
  [4, { type: 'hook-found', group: 'shop', hook: 'launch', heartbeatTimeoutSeconds: 300 }],
  [5, { type: 'heartbeat', outcome: 'withheld', because: 'no progress for 100 s' }],
  [6, { type: 'heartbeat', outcome: 'recorded' }],
  [7, { type: 'warning', message: 'odd' }],
  [8, { type: 'step-progress', step: 'command:x', line: 'done' }],
  [8, { type: 'step-waited', step: 'packages', on: 'the lock of the package system', ms: 3 }],
  [
    9,
    {
      type: 'aws-received',
      service: 's3',
      operation: 'GetObject',
      bytes: 3_000_000,
      ms: 6,
      waitedMs: 5,
      step: 'artifact:shop',
    },
  ],
);
