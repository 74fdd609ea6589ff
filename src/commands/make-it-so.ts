/** Plan -> Report -> Verdict: runs the steps and waits for health, with heartbeats beside the work. */
import type { Aws } from '../aws/aws.ts';
import type { Clock } from '../clock.ts';
import type { Journal } from '../engine/journal.ts';
import type { Pulse } from '../engine/pulse.ts';
import type { Report } from '../engine/report.ts';
import { runPlan } from '../engine/run-plan.ts';
import { withTimedRuns } from '../engine/timed-runs.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { awaitHealthy } from '../health/await-healthy.ts';
import { failedUnit, lastWordsOfUnits } from '../health/failed-unit.ts';
import { type Verdict, verdictOnFailure } from '../health/verdict.ts';
import type { Host } from '../host/host.ts';
import type { Launch } from '../identity/identity.ts';
import type { Metadata } from '../identity/metadata.ts';
import type { LaunchHook } from '../lifecycle/launch-hook.ts';
import { drainOrdersPath } from '../plan/drain-orders.ts';
import type { Plan } from '../plan/plan.ts';
import { isForPool, preparation } from '../plan/preparation.ts';
import type { Redactor } from '../redaction.ts';
import { resources } from '../resources/table.ts';
import { forgetPrepared, isStillForPool, notePrepared, putAway } from './pool.ts';

export interface Making {
  readonly plan: Plan;
  /** Tells whether the way leads into a warm pool. */
  readonly launch: Launch | undefined;
  /** Asked again for that once the node is prepared. */
  readonly metadata: Metadata;
  readonly host: Host;
  readonly aws: Aws;
  readonly hook: LaunchHook;
  readonly journal: Journal;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly pulse: Pulse;
  /** Monotonic milliseconds of `clock`. */
  readonly deadline: number;
  /** Since when the hook may have been waiting: monotonic milliseconds, an early bound. */
  readonly waitingSince: number;
  /** What was tried in vain last, in words. */
  readonly lastTrouble: () => string;
  /** Aborted when the agent must stop. */
  readonly signal: AbortSignal;
  /** Asked beside the work: why the boot should end at once, or undefined. Never rejects. */
  readonly refusal?: (signal: AbortSignal) => Promise<Error | undefined>;
  /** Takes work that may be finished after the group was told. */
  readonly afterwards: (work: Promise<void>) => void;
  /** Math.random when absent. */
  readonly random?: () => number;
}

/** Gives the verdict, and the report where the steps came to one. Throws what ends a boot beside its steps. */
export async function makeItSo(making: Making): Promise<Made> {
  const { plan, launch, host, aws, journal, redactor } = making;
  const { clock, tell, pulse, deadline, afterwards, random } = making;
  const over = new AbortController();
  const signal = AbortSignal.any([making.signal, over.signal]);
  const late = new AbortController();
  const outOfTime = late.signal;
  void making.refusal?.(signal).then((refused) => refused && over.abort(refused));
  const heartbeats = keepAlive(making, over, late, signal);
  const timed = withTimedRuns(host, pulse);
  const { instanceId } = plan;
  const { objects, secrets } = aws;
  const world = { host: timed, objects, secrets, redactor, instanceId };
  const running = { world, resources, journal, tell, clock, pulse, signal, deadline, afterwards };
  const run = async (plan: Plan) => {
    const { steps, probes } = plan;
    const report = await runPlan({ steps, outOfTime, ...running, ...(random && { random }) });
    await leaveOrders(making, plan);
    if (report.failure !== undefined) return { verdict: verdictOnFailure(report.failure), report };
    const alive = failedUnit(steps, host);
    const explain = lastWordsOfUnits(steps, host);
    const until = AbortSignal.any([signal, outOfTime]);
    const waiting = { host, clock, tell, signal: until, alive, explain, asked: pulse.beat };
    const verdict = await awaitHealthy(probes, waiting);
    if (verdict.result === 'ABANDON' || plan.registration === undefined) return { verdict, report };
    const { joinBalancers } = await import('./join-balancers.ts');
    const joining = { ...making, signal: until };
    return { verdict: await joinBalancers(plan.registration, verdict, joining), report };
  };
  try {
    if (isForPool(launch)) {
      const prepared = await prepare(making, run);
      if (prepared !== undefined) return prepared;
    }
    await forgetPrepared(host.files);
    return await run(plan);
  } finally {
    over.abort();
    await heartbeats;
  }
}

interface Made {
  readonly verdict: Verdict;
  readonly report: Report;
}

/** As far as the pool wants it; undefined where the group took it out of there meanwhile, so that the rest is to be done. */
async function prepare(
  { plan, launch, metadata, host, tell, signal }: Making,
  run: (plan: Plan) => Promise<Made>,
): Promise<Made | undefined> {
  const state = launch?.targetLifecycleState ?? '';
  tell({ type: 'pool-entered', state, waiting: plan.activate });
  await putAway(plan, host.files);
  const made = await run(preparation(plan));
  if (made.verdict.result === 'ABANDON') return made;
  if (!(await isStillForPool(metadata, launch, signal))) {
    tell({ type: 'pool-left' });
    return undefined;
  }
  await notePrepared(host, launch, tell);
  const because = `prepared, waiting in the warm pool (${state})`;
  return { ...made, verdict: { result: 'CONTINUE', because } };
}

/** For the watch, whatever becomes of the metadata service and of S3 until then. */
async function leaveOrders({ host, tell }: Making, plan: Plan): Promise<void> {
  try {
    await host.files.write(drainOrdersPath, `${JSON.stringify(plan.drain)}\n`, { mode: 0o600 });
  } catch (error) {
    tell({ type: 'warning', message: `this node cannot be drained: ${messageOf(error)}` });
  }
}

/** Heartbeats beside the work. What only a person can mend (several hooks and no name) ends the boot at once. */
async function keepAlive(
  { hook, tell, waitingSince, deadline }: Making,
  boot: AbortController,
  late: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    await hook.find(signal);
    const outOfTime = (error: Error) => late.abort(error);
    await hook.beat(signal, { since: waitingSince, deadline, outOfTime });
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof UnavailableError) tell({ type: 'warning', message: messageOf(error) });
    else boot.abort(error);
  }
}
