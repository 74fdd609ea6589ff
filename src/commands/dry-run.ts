/** `agent dry-run`: the same river as a boot, ended at the plan, and what each step would find and change. */
import { Repetition } from '../engine/repetition.ts';
import { sentenceOf } from '../engine/sentence.ts';
import { type Event, EventStream } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { ExplainView } from '../plan/render/view.ts';
import { Redactor } from '../redaction.ts';
import { inTime, isTrouble, planningSeconds } from './in-time.ts';
import type { Output } from './output.ts';
import { openSprings } from './springs.ts';
import { type Environment, realSurroundings, type Surroundings } from './surroundings.ts';

/** What is over sooner is not worth a word: metadata that is there a moment after the machine, say. */
const quietMs = 3000;

export interface DryRunOptions {
  readonly scenario: string;
  readonly onInstance?: boolean;
  readonly explain?: string;
  readonly roles?: string;
  readonly json?: boolean;
}

/** Gives 0, or throws what a boot would have failed with before its first step. Tells what it waits for. */
export async function dryRun(
  options: DryRunOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.onInstance) {
    await print(
      await planned(realSurroundings(env), 'the metadata of this instance', signal, output),
      options,
      output,
    );
    return exitCode.done;
  }
  const { simulatedSurroundings } = await import('./simulated.ts');
  const surroundings = await simulatedSurroundings(options.scenario, options.roles);
  try {
    await print(
      await planned(surroundings, `scenario ${options.scenario}`, signal, output),
      options,
      output,
    );
    return exitCode.done;
  } finally {
    await surroundings.simulation.close();
  }
}

/** All that a dry run shows. */
export async function planned(
  surroundings: Surroundings,
  source: string,
  signal: AbortSignal,
  output?: Output,
): Promise<ExplainView> {
  const redactor = new Redactor();
  const warnings: string[] = [];
  const answered = new Set<string>();
  const events = new EventStream(surroundings.clock, redactor);
  events.listen((event) => {
    if (event.type === 'warning') warnings.push(event.message);
    // Each key once: what had to be asked again here need not be there.
    if (event.type === 'metadata-answered') answered.add(event.key);
  });
  const troubles: Event[] = [];
  const repetition = new Repetition();
  events.listen((event) => {
    if (!isTrouble(event)) return;
    troubles.push(event);
    if (event.elapsed > quietMs && repetition.isWorthALine(event))
      output?.err(`${sentenceOf(event)}\n`);
  });
  const { tell } = events;
  const springs = openSprings(surroundings, tell);
  try {
    await springs.lookAhead();
    const { configIn, identify, planNode } = await import('./river.ts');
    const baked = await surroundings.baked();
    const config = configIn(baked);
    const { clock } = surroundings;
    const seconds = Math.min(planningSeconds, config.deadline ?? planningSeconds);
    const { identity, role, release, overlay, plan } = await inTime(
      { clock, seconds, events: troubles, signal },
      async (soon) => {
        const known = await identify(surroundings, baked, springs, config, tell, soon);
        return planNode(baked, springs, config, known, tell, soon);
      },
    );
    redactor.spare(JSON.stringify(plan));
    const { objects, secrets } = springs.aws(identity.facts.region);
    const { instanceId } = plan;
    const world = { host: surroundings.host, objects, secrets, redactor, instanceId };
    const { survey } = await import('../engine/survey.ts');
    const { resources } = await import('../resources/table.ts');
    const { predictCalls } = await import('../plan/predict-calls.ts');
    const { isForPool, preparation } = await import('../plan/preparation.ts');
    const drifts = await survey(plan.steps, world, resources, signal);
    const pooled = isForPool(identity.launch);
    const calls = predictCalls({
      identity,
      plan: pooled ? preparation(plan) : plan,
      release,
      overlay: overlay !== undefined,
      drifts,
      signalled: await isSignalled(surroundings.host, identity),
      // Once it is prepared, it asks whether its group still wants it in the pool.
      metadataRequests: answered.size + (pooled ? 1 : 0),
    });
    return redactor.data({
      identity,
      role,
      origins: role.origins,
      plan,
      drifts,
      calls,
      warnings,
      simulated: surroundings.simulated,
      source,
    });
  } finally {
    springs.close();
  }
}

/** Whether an earlier run on this machine sent CONTINUE in this stay in the group, as its journal says. */
async function isSignalled(host: Host, { facts, launch }: Identity): Promise<boolean> {
  const { lastRunOn } = await import('../engine/journal.ts');
  const { sentInThisStay } = await import('../engine/memory.ts');
  const last = await lastRunOn(host.files);
  const { rootVolume } = await host.hardware();
  const key = {
    instanceId: facts.instance_id,
    ...launch,
    ...(rootVolume !== undefined && { rootVolume }),
  };
  return last !== undefined && sentInThisStay(last.memory, key)?.result === 'CONTINUE';
}

async function print(view: ExplainView, options: DryRunOptions, output: Output): Promise<void> {
  const { renderExplain } = await import('../plan/render/explain.ts');
  const { planDocument } = await import('../plan/render/plan-document.ts');
  const { renderPlan } = await import('../plan/render/render-plan.ts');
  if (options.json) output.out(`${JSON.stringify(planDocument(view), null, 2)}\n`);
  else if (options.explain === undefined) output.out(renderPlan(view, { colour: output.colour }));
  else output.out(renderExplain(options.explain, view, { colour: output.colour }));
}
