/** `agent dry-run`: the same river as a boot, ended at the plan, and what each step would find and change. */
import { survey } from '../engine/survey.ts';
import { EventStream } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import { predictCalls } from '../plan/predict-calls.ts';
import { renderExplain } from '../plan/render/explain.ts';
import { planDocument } from '../plan/render/plan-document.ts';
import { renderPlan } from '../plan/render/render-plan.ts';
import type { ExplainView } from '../plan/render/view.ts';
import { Redactor } from '../redaction.ts';
import { resources } from '../resources/table.ts';
import type { Output } from './output.ts';
import { configIn, identify, openSprings, planNode } from './river.ts';
import { type Environment, realSurroundings, type Surroundings } from './surroundings.ts';

export interface DryRunOptions {
  readonly scenario: string;
  readonly onInstance?: boolean;
  readonly explain?: string;
  readonly roles?: string;
  readonly json?: boolean;
}

/** Gives 0, or throws what a boot would have failed with before its first step. */
export async function dryRun(
  options: DryRunOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (options.onInstance) {
    print(
      await planned(realSurroundings(env), 'the metadata of this instance', signal),
      options,
      output,
    );
    return exitCode.done;
  }
  const { simulatedSurroundings } = await import('./simulated.ts');
  const surroundings = await simulatedSurroundings(options.scenario, options.roles);
  try {
    print(await planned(surroundings, `scenario ${options.scenario}`, signal), options, output);
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
): Promise<ExplainView> {
  const redactor = new Redactor();
  const warnings: string[] = [];
  const events = new EventStream(surroundings.clock, redactor);
  events.listen((event) => {
    if (event.type === 'warning') warnings.push(event.message);
  });
  const { tell } = events;
  const baked = await surroundings.baked();
  const config = configIn(baked);
  const springs = openSprings(surroundings, tell, config);
  try {
    const known = await identify(surroundings, baked, springs, config, tell, signal);
    const { identity, role, release, overlay, plan } = await planNode(
      baked,
      springs,
      config,
      known,
      tell,
      signal,
    );
    redactor.spare(JSON.stringify(plan));
    const { objects, secrets } = springs.aws(identity.facts.region);
    const world = { host: surroundings.host, objects, secrets, redactor };
    const drifts = await survey(plan.steps, world, resources, signal);
    const calls = predictCalls({
      identity,
      plan,
      release,
      overlay: overlay !== undefined,
      drifts,
      metadataRequests: springs.metadata.requests,
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

function print(view: ExplainView, options: DryRunOptions, output: Output): void {
  if (options.json) output.out(`${JSON.stringify(planDocument(view), null, 2)}\n`);
  else if (options.explain === undefined) output.out(renderPlan(view, { colour: output.colour }));
  else output.out(renderExplain(options.explain, view, { colour: output.colour }));
}
