/** Hold: one failed node of a group is kept for debugging before ABANDON, for as long as its class wants and its launch hook can wait. */
import type { Aws } from '../aws/aws.ts';
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, StepError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { StoppedError } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import { sendHeartbeats } from '../lifecycle/heartbeats.ts';
import { heldPath, noteHeld } from '../lifecycle/held.ts';
import { hookBudget } from '../lifecycle/hook-budget.ts';
import type { LaunchHook, Renewed } from '../lifecycle/launch-hook.ts';
import { holdKey, type RecordOrders } from '../plan/record-orders.ts';
import { claimHold } from './hold-claim.ts';

/** The verdict waits no longer for the word of Auto Scaling and S3 that the node may be held. */
const withinMs = 15_000;
/** How soon `agent abandon` is heard. */
const lookMs = 2_000;

export interface Holding {
  /** With `holdSeconds`. */
  readonly orders: RecordOrders;
  readonly identity: Identity;
  readonly hook: LaunchHook;
  readonly aws: Pick<Aws, 'objects' | 'autoScaling'>;
  /** Why the boot failed; redacted. */
  readonly because: string;
  /** Since when the hook may have been waiting, monotonic milliseconds. */
  readonly since: number;
  readonly host: Host;
  readonly clock: Clock;
  readonly tell: Tell;
}

export interface Hold {
  /** Waits for its end. Rejects with a StoppedError where that is why `signal` aborted; never otherwise. */
  over(signal: AbortSignal): Promise<void>;
}

/** Undefined, with a warning, where this node is not to be held: another one is, no hook waits for it, or S3 took no note of it. Never rejects. */
export async function beginHold(holding: Holding): Promise<Hold | undefined> {
  const { host, clock, tell } = holding;
  const late = new UnavailableError(`no answer within ${withinMs / 1000} s`);
  const { signal, release } = deadlineSignal(clock, withinMs, late);
  try {
    const renewed = await holding.hook.renew(signal);
    if (renewed === undefined) throw new StepError('no launch hook waits for this instance');
    const until = await claimedUntil(holding, renewed, signal);
    const { group, hook } = renewed.action;
    const { process } = host;
    await noteHeld(host.files, {
      until,
      waits: `hook ${hook} of group ${group}`,
      ...(process !== undefined && { process }),
    });
    tell({ type: 'hold-begun', until, endedBy: waysToEnd(holding.identity, renewed) });
    return { over: (stop) => waitFor(holding, renewed, until, stop) };
  } catch (error) {
    tell({ type: 'warning', message: `not held for debugging: ${messageOf(error)}` });
    return undefined;
  } finally {
    release();
  }
}

/** Milliseconds since the epoch. Throws StepError where there is no time, or another node has the place. */
async function claimedUntil(
  { orders, identity, because, since, aws, clock }: Holding,
  { action, timeouts }: Renewed,
  signal: AbortSignal,
): Promise<number> {
  // That a hook cannot be described is no reason to wait beyond the shortest time that it can have.
  const known = { ...timeouts, assumed: false };
  const wait = { since, deadline: Number.POSITIVE_INFINITY, outOfTime: () => undefined };
  const budget = hookBudget(action, known, clock.monotonic(), wait);
  const ms = Math.min((orders.holdSeconds ?? 0) * 1000, budget.end - clock.monotonic());
  const now = clock.now();
  const { instanceId } = action;
  const where = { class: identity.class.name, group: action.group };
  const claim = await claimHold({
    address: { bucket: orders.bucket, key: holdKey(orders, where) },
    ...(orders.kmsKey !== undefined && { kmsKey: orders.kmsKey }),
    objects: aws.objects,
    claim: { version: 1, instanceId, until: Math.round(now + ms), because: because.slice(0, 1000) },
    now,
    signal,
  });
  if (claim?.instanceId === instanceId) return Math.min(claim.until, Math.round(now + ms));
  const other = claim === undefined ? 'another node of this group is' : `${claim.instanceId} is`;
  const end = claim === undefined ? '' : `, until ${new Date(claim.until).toISOString()}`;
  throw new StepError(`${other}${end}`);
}

function waysToEnd({ facts }: Identity, { action }: Renewed): string[] {
  const { group, hook, instanceId } = action;
  return [
    'agent abandon   (on this node, as root; systemctl restart bootstrap-agent tries again instead)',
    `aws autoscaling complete-lifecycle-action --lifecycle-action-result ABANDON --instance-id ${instanceId} \\\n      --auto-scaling-group-name '${group}' --lifecycle-hook-name '${hook}' --region ${facts.region}`,
  ];
}

async function waitFor(
  { aws, host, clock, tell }: Holding,
  { action, timeouts }: Renewed,
  until: number,
  stop: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const heartbeats = sendHeartbeats({
    action,
    described: timeouts,
    autoScaling: aws.autoScaling,
    clock,
    tell,
    // Being there to be looked at is all that goes on.
    pulse: clock.monotonic,
    random: Math.random,
    transition: 'launching',
    signal: AbortSignal.any([over.signal, stop]),
  });
  // By a clock that nobody sets.
  const endsAt = clock.monotonic() + until - clock.now();
  let because = 'its time is over';
  try {
    while (clock.monotonic() < endsAt) {
      await clock.sleep(Math.min(lookMs, endsAt - clock.monotonic()), stop);
      if ((await host.files.stat(heldPath)) === undefined) {
        because = 'agent abandon';
        break;
      }
    }
  } catch (error) {
    because = messageOf(error);
    if (error instanceof StoppedError) throw error;
  } finally {
    over.abort();
    await heartbeats;
    await host.files.remove(heldPath).catch(() => undefined);
    tell({ type: 'hold-ended', because });
  }
}
