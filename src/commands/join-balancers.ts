/** Joins the load balancers of a node that is in no group: registered, and healthy there, before its boot is a success. */
import type { Aws } from '../aws/aws.ts';
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, StepError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Host } from '../host/host.ts';
import { type Balancer, balancerInWords } from '../lifecycle/balancer.ts';
import { classicBalancer } from '../lifecycle/classic-balancer.ts';
import type { Lagging } from '../lifecycle/follow-balancers.ts';
import { register } from '../lifecycle/register.ts';
import { targetGroupBalancer } from '../lifecycle/target-group.ts';
import type { Plan } from '../plan/plan.ts';
import type { Registration } from '../plan/registration.ts';
import { abandonedFor, errorFrom } from './abandoned.ts';
import { askHere } from './ask-here.ts';

/** One node, not a fleet behind one group: its health checks are seconds apart, and somebody waits for it. */
const longestMs = 5_000;
/** For the last question to the node and to the load balancer, when time is up. */
const explainMs = 10_000;

export interface Joining {
  readonly plan: Plan;
  readonly host: Host;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly tell: Tell;
  /** Of the boot: monotonic milliseconds of `clock`. */
  readonly deadline: number;
  /** What was tried in vain last, in words. */
  readonly lastTrouble: () => string;
  /** Math.random when absent. */
  readonly random?: () => number;
  readonly signal: AbortSignal;
}

/**
 * The verdict `healthy`, with where the node is healthy besides; ABANDON where it does not become so in time, or may not be
 * registered. Never throws. A node that fails stays registered: nothing is sent to it, and the load balancer shows why.
 */
export async function joinBalancers(
  registration: Registration,
  healthy: Verdict,
  joining: Joining,
): Promise<Verdict> {
  const { plan, host, aws, clock, tell, deadline, signal, random = Math.random } = joining;
  const left = deadline - clock.monotonic();
  const own = registration.deadlineSeconds * 1000;
  const limit =
    own <= left ? 'lifecycle.register.deadline' : 'lifecycle.deadline, of the whole boot';
  const within = `within ${Math.max(0, Math.round(Math.min(own, left) / 1000))} s (${limit})`;
  const late = new StepError('late');
  const time = deadlineSignal(clock, Math.max(0, Math.min(own, left)), late, signal);
  const balancers = balancersOf(registration, plan, aws, host, clock, signal);
  try {
    const options = { longestMs, clock, tell, random, signal: time.signal };
    const lagging = await register({ balancers, ...options });
    if (lagging.length === 0) {
      const where = balancers.map(balancerInWords).join(', ');
      return { ...healthy, because: `${healthy.because}; healthy in ${where}` };
    }
    signal.throwIfAborted();
    const why = await explained(lagging, joining);
    return failed(new StepError(`not healthy with its load balancers ${within}: ${why}`));
  } catch (error) {
    if (signal.aborted) return failed(signal.reason);
    if (!time.signal.aborted) return failed(error);
    const where = balancers.map(balancerInWords).join(', ');
    return failed(
      new UnavailableError(`not registered with ${where} ${within}: ${joining.lastTrouble()}`),
    );
  } finally {
    time.release();
  }
}

function balancersOf(
  { targetGroups, loadBalancers, port }: Registration,
  { drain }: Plan,
  { loadBalancing, classicBalancing }: Aws,
  host: Host,
  clock: Clock,
  signal: AbortSignal,
): Balancer[] {
  const { instanceId, address } = drain;
  const node = { instanceId, address, ...(port !== undefined && { port }) };
  const ask = askHere(host, clock, signal);
  return [
    ...targetGroups.map((one) => targetGroupBalancer(one, node, loadBalancing, ask)),
    ...loadBalancers.map((one) => classicBalancer(one, instanceId, classicBalancing, ask)),
  ];
}

/** As it is now: what the node answers may have changed since the load balancer said so first. */
async function explained(lagging: readonly Lagging[], { clock, signal }: Joining): Promise<string> {
  const time = deadlineSignal(clock, explainMs, new StepError('no answer any more'), signal);
  const each = lagging.map(async ({ balancer, standing }) => {
    if (standing === undefined) return `${balancerInWords(balancer)}: no answer`;
    const code = [standing.state, standing.reason].filter(Boolean).join(', ');
    const because = await balancer.because(standing, time.signal).catch(messageOf);
    return `${balancerInWords(balancer)}: ${code}: ${because}`;
  });
  return (await Promise.all(each)).join('\n');
}

function failed(error: unknown): Verdict {
  return abandonedFor(errorFrom(error));
}
