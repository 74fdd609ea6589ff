/** Record orders: where the flight record of a boot goes, and of which boots; the role's word before that of agent.yaml. */
import type { RecorderSection } from '../roles/recorder-section.ts';

export interface RecordOrders {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  readonly when: 'failure' | 'always';
  readonly kmsKey?: string;
  /** Absent where nobody counts. */
  readonly crashLoop?: CrashLoopOrders;
  /** How long one failed node of a group is kept for debugging; absent: none is. */
  readonly holdSeconds?: number;
}

export interface CrashLoopOrders {
  /** Nodes of a group that fail in a row before the others need not try. */
  readonly failures: number;
  /** Until the first of them tries again. */
  readonly pauseSeconds: number;
}

/** Whose boot it was; what is not known yet is absent. */
export interface Recorded {
  readonly class?: string | undefined;
  /** Empty outside a group. */
  readonly group?: string | undefined;
  readonly instanceId: string;
  readonly bootId: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Undefined where neither names a bucket. */
export function recordOrders(
  role: RecorderSection | undefined,
  agent: RecorderSection | undefined,
): RecordOrders | undefined {
  const {
    to,
    when = 'failure',
    kms_key: kmsKey,
    crash_loop,
    crash_loop_pause,
    hold = 0,
  } = { ...agent, ...role };
  if (to === undefined) return undefined;
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(to) ?? [];
  const prefix = rest === '' || rest.endsWith('/') ? rest : `${rest}/`;
  const failures = crash_loop ?? 4;
  return {
    bucket,
    prefix,
    when,
    ...(kmsKey !== undefined && { kmsKey }),
    ...(failures > 0 && { crashLoop: { failures, pauseSeconds: crash_loop_pause ?? 120 } }),
    ...(hold > 0 && { holdSeconds: hold }),
  };
}

/** The folder of the nodes of one class and group: what is missing has a name that no class and no group has. */
export function recordFolder({ prefix }: RecordOrders, of: Pick<Recorded, 'class' | 'group'>) {
  return `${prefix}${safe(of.class) || '-no-class-'}/${safe(of.group) || '-no-group-'}/`;
}

/**
 * The key of one run's record. Its time tells the runs of one boot of the kernel apart, and sorts a day's records, so a
 * record is never written over: what is there already under this key is this very record.
 */
export function recordKey(orders: RecordOrders, of: Recorded): string {
  const [date = '', time = ''] = of.startedAt.split('T');
  const clock = time.replaceAll(':', '').replace(/\..*$/, '');
  return `${recordFolder(orders, of)}${date}/${clock}-${safe(of.instanceId)}-${safe(of.bootId)}.json`;
}

/** The key of what the nodes of one group count of one configuration. */
export function crashLoopKey(
  orders: RecordOrders,
  of: Pick<Recorded, 'class' | 'group'>,
  configuration: string,
): string {
  return `${recordFolder(orders, of)}crash-loop/${configuration.slice(0, 16)}.json`;
}

/** The key of the note that says which failed node of a group is kept for debugging. */
export function holdKey(orders: RecordOrders, of: Pick<Recorded, 'class' | 'group'>): string {
  return `${recordFolder(orders, of)}held.json`;
}

/** Which IAM actions keeping records, counting failures and holding a node need. */
export function recordRights({ crashLoop, holdSeconds }: RecordOrders): string[] {
  const reads = crashLoop !== undefined || holdSeconds !== undefined;
  return [
    's3:PutObject',
    ...(reads ? ['s3:GetObject'] : []),
    ...(holdSeconds === undefined ? [] : ['autoscaling:RecordLifecycleActionHeartbeat']),
  ];
}

/** Names of groups may hold what an S3 console takes for a folder, or a shell for something else. */
function safe(name = ''): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_');
}
