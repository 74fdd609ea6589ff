/** The crash-loop guard that a boot has, if any: a node that its group has just launched, where somebody counts. */
import type { Aws } from '../aws/aws.ts';
import type { Clock } from '../clock.ts';
import { configurationDigest } from '../engine/crash-loop.ts';
import type { Start } from '../engine/start.ts';
import type { Tell } from '../events.ts';
import { crashLoopKey } from '../plan/record-orders.ts';
import { CrashLoopGuard } from './crash-loop-guard.ts';
import type { Planned } from './river.ts';

export interface Guarded {
  readonly planned: Planned;
  readonly start: Start;
  readonly aws: Aws;
  readonly agentVersion: string;
  readonly clock: Clock;
  readonly tell: Tell;
  /** Math.random when absent. */
  readonly random?: () => number;
}

/** Undefined for a node that was in service before: it is no new one that fails like the others, and must not be lost for them. */
export function guardOf(boot: Guarded): CrashLoopGuard | undefined {
  const { planned, start, aws, agentVersion, clock, tell } = boot;
  const { plan, role, release, identity } = planned;
  const { record } = plan;
  const group = identity.facts.group_name;
  if (record?.crashLoop === undefined || group === '') return undefined;
  if (start.kind !== 'first boot' && start.kind !== 'clone') return undefined;
  const digest = configurationDigest(role, release, agentVersion);
  return new CrashLoopGuard({
    orders: record.crashLoop,
    address: {
      bucket: record.bucket,
      key: crashLoopKey(record, { class: plan.class, group }, digest),
    },
    ...(record.kmsKey !== undefined && { kmsKey: record.kmsKey }),
    instanceId: plan.instanceId,
    deadlineSeconds: plan.deadlineSeconds,
    objects: aws.objects,
    clock,
    tell,
    ...(boot.random && { random: boot.random }),
  });
}
