/** The claim to be the one failed node of its group that is kept for debugging: one small object in S3, which is void when its time is over. */
import type { Aws, ObjectAddress } from '../aws/aws.ts';
import { ObjectChangedError } from '../aws/aws.ts';

export interface HoldClaim {
  readonly version: 1;
  readonly instanceId: string;
  /** Milliseconds since the epoch, by the clock of the node that wrote it. */
  readonly until: number;
  /** Why it failed; redacted. */
  readonly because: string;
}

export interface Claiming {
  readonly address: ObjectAddress;
  readonly kmsKey?: string;
  readonly objects: Aws['objects'];
  readonly claim: HoldClaim;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

const largest = 64 * 1024;

/**
 * Gives the claim that holds now: this node's own, also one that it made in an earlier run, or that of the node that was first. Undefined where
 * another came first a moment ago. Throws what the port throws where it can neither be written nor read.
 */
export async function claimHold(claiming: Claiming): Promise<HoldClaim | undefined> {
  const { address, objects, claim, now, signal } = claiming;
  // Written before it is read: most often there is none, and who may not list the bucket would be told 403 of that.
  if (await written(claiming, 'nothing')) return claim;
  const found = await objects.find(address, { limit: largest, signal });
  const held = found && claimIn(found.bytes.toString('utf8'));
  if (held !== undefined && held.until > now) return held;
  return (await written(claiming, found ?? 'nothing')) ? claim : undefined;
}

async function written(
  { address, kmsKey, objects, claim, signal }: Claiming,
  over: 'nothing' | { readonly etag: string },
): Promise<boolean> {
  try {
    await objects.write(address, Buffer.from(`${JSON.stringify(claim)}\n`), {
      over,
      type: 'application/json',
      ...(kmsKey !== undefined && { kmsKey }),
      signal,
    });
    return true;
  } catch (error) {
    if (!(error instanceof ObjectChangedError)) throw error;
    return false;
  }
}

/** Undefined where the text is no claim: whoever wrote it, it keeps nobody. */
function claimIn(text: string): HoldClaim | undefined {
  try {
    const claim = JSON.parse(text) as Partial<HoldClaim> | null;
    const whole =
      claim?.version === 1 &&
      typeof claim.instanceId === 'string' &&
      typeof claim.because === 'string' &&
      Number.isFinite(claim.until);
    return whole ? (claim as HoldClaim) : undefined;
  } catch {
    return undefined;
  }
}
