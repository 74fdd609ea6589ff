/** The crash loop: whether yet another node of a group should try a configuration with which the others failed. Pure. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.ts';
import type { CrashLoopOrders } from '../plan/record-orders.ts';
import type { Release } from '../releases/release.ts';
import type { Role } from '../roles/role.ts';

/** What the nodes of a group keep together of one configuration: one small object in S3. */
export interface FailureCount {
  readonly version: 1;
  /** Nodes that failed in a row, none of them twice. */
  readonly failures: number;
  /** Milliseconds since the epoch, by the clock of the node that wrote it; those of EC2 agree to well below a second. */
  readonly lastAt: number;
  /** Why the last one failed. */
  readonly because: string;
  /** Instance ids, latest last. */
  readonly nodes: readonly string[];
  /** The node that tries whether it works again. */
  readonly canary?: { readonly instanceId: string; readonly until: number };
}

export type Standing = 'open' | 'canary' | { readonly closed: string };

/** Failures that lie further apart belong to different troubles. Longer than the longest pause. */
const forgottenAfterMs = 2 * 60 * 60 * 1000;
const longestPauseMs = 60 * 60 * 1000;
const mostNodes = 50;

/**
 * Of what the nodes of a group have alike: agent, role with its sources merged, release. The digest of a plan would not do:
 * instance ids and peers are in it as soon as a file names them.
 */
export function configurationDigest(
  role: Role,
  release: Release | undefined,
  agentVersion: string,
): string {
  const { class: name, document, templates } = role;
  const files = release?.files && [...release.files].sort();
  const decides = {
    agentVersion,
    class: name,
    document,
    templates: [...templates].sort(),
    release: release && { name: release.name, files },
  };
  return createHash('sha256').update(canonicalJson(decides)).digest('hex');
}

/** How a node stands that is about to boot. `canary`: it may try, if it is the one that writes so first. */
export function standing(
  count: FailureCount | undefined,
  { failures: most, pauseSeconds }: CrashLoopOrders,
  now: number,
): Standing {
  const failures = inARow(count, now);
  if (count === undefined || failures < most) return 'open';
  // Doubled with each further failure: a repaired dependency is found soon, a broken one costs ever less.
  const pause = Math.min(pauseSeconds * 1000 * 2 ** (failures - most), longestPauseMs);
  const next = Math.max(count.lastAt + pause, count.canary?.until ?? 0);
  if (now >= next) return 'canary';
  const trying = count.canary === undefined ? '' : ` ${count.canary.instanceId} is trying again.`;
  return {
    closed: `${failures} nodes of this group failed in a row with this very configuration (${count.nodes.slice(-3).join(', ')}), the last one: ${count.because}\nNothing is downloaded for it again before ${new Date(next).toISOString()}.${trying} A changed role, release or agent starts afresh`,
  };
}

/** The count after one more failure; the same node, started again by systemd, is one failure. */
export function afterFailure(
  count: FailureCount | undefined,
  { instanceId, because, now }: { instanceId: string; because: string; now: number },
): FailureCount {
  const before = inARow(count, now);
  const nodes = before === 0 ? [] : (count?.nodes ?? []);
  const again = nodes.includes(instanceId) && count?.canary?.instanceId !== instanceId;
  return {
    version: 1,
    failures: again ? before : before + 1,
    lastAt: now,
    because: because.slice(0, 1000),
    nodes: again ? nodes : [...nodes, instanceId].slice(-mostNodes),
  };
}

export function withCanary(count: FailureCount, instanceId: string, until: number): FailureCount {
  return { ...count, canary: { instanceId, until } };
}

/** The count after a node that became healthy. */
export function afterSuccess(count: FailureCount): FailureCount {
  const { canary: _, ...rest } = count;
  return { ...rest, failures: 0, nodes: [] };
}

/** Undefined where the text is no count: whoever wrote it, no boot is to fail for it. */
export function countIn(text: string): FailureCount | undefined {
  try {
    const count = JSON.parse(text) as Partial<FailureCount> | null;
    const whole =
      count?.version === 1 &&
      Number.isFinite(count.failures) &&
      Number.isFinite(count.lastAt) &&
      typeof count.because === 'string' &&
      Array.isArray(count.nodes);
    return whole ? (count as FailureCount) : undefined;
  } catch {
    return undefined;
  }
}

function inARow(count: FailureCount | undefined, now: number): number {
  return count === undefined || now - count.lastAt > forgottenAfterMs ? 0 : count.failures;
}
