/** `agent bake`: in the image being made, what its nodes would otherwise do at every boot. The river of a boot, ended after what can be baked. */
import packageJson from '../../package.json' with { type: 'json' };
import { logListener } from '../engine/log.ts';
import { liveProgress } from '../engine/progress.ts';
import { Pulse } from '../engine/pulse.ts';
import type { Report } from '../engine/report.ts';
import { runPlan } from '../engine/run-plan.ts';
import { type Event, EventStream, type Tell } from '../events.ts';
import { exitCode } from '../exit-code.ts';
import type { Agreed } from '../image/agreed.ts';
import { bakeable } from '../image/bakeable.ts';
import { type BakedRecord, keepBakedRecord } from '../image/baked-record.ts';
import { imageResources } from '../image/image-resources.ts';
import { sampleNodes } from '../image/samples.ts';
import { Redactor } from '../redaction.ts';
import type { World } from '../resources/resource.ts';
import { type BakeDocument, bakeDocument, renderBake, renderSeal } from './bake-report.ts';
import { type BuildFacts, buildFacts } from './build-facts.ts';
import { demandRoot } from './demand-root.ts';
import { inTime, isTrouble, planningSeconds } from './in-time.ts';
import type { Output } from './output.ts';
import { bakedRecord } from './record-of-bake.ts';
import { startRecorder } from './record-start.ts';
import { configIn } from './river.ts';
import { type Sampled, sampledClass } from './sampled-class.ts';
import { sealImage } from './seal-image.ts';
import { openSprings, type Springs } from './springs.ts';
import { type Environment, realSurroundings, type Surroundings } from './surroundings.ts';
import { type Turn, takeTurn } from './turn.ts';

export interface BakeOptions {
  readonly classes: readonly string[];
  readonly seal?: boolean;
  /** False: the metadata service is not asked. */
  readonly metadata: boolean;
  /** False: nothing is fetched from S3. */
  readonly artifacts: boolean;
  readonly roles?: string;
  readonly json?: boolean;
  readonly log?: 'json' | 'pretty';
  /** Compiles the code of a boot and notes what its start reads from the disk, for whoever bakes the machine that it runs on. Rejects only when aborted. */
  readonly recordStart?: (tell: Tell, signal: AbortSignal) => Promise<void>;
}

/** A mirror may be slow, and nobody waits in a load balancer. */
const longestMs = 3600_000;

export async function bakeThisMachine(
  options: BakeOptions,
  env: Environment,
  output: Output,
  signal: AbortSignal,
  uid = process.getuid?.(),
): Promise<number> {
  demandRoot(
    'agent bake',
    uid,
    'Packer runs it in the image being made. Anywhere else: agent dry-run shows what a node would become.',
  );
  const surroundings = realSurroundings(env, options.roles);
  const recorded = { ...options, recordStart: startRecorder(surroundings.host) };
  return bake(surroundings, recorded, output, signal);
}

/**
 * Gives 0, or throws what kept it from being done. The image is then as far as it came; the next bake goes on from there.
 * Throws BusyError, having done nothing, where another agent is at work on this machine.
 */
export async function bake(
  surroundings: Surroundings,
  options: BakeOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const turn = takeTurn(surroundings.host, surroundings.clock);
  try {
    return await bakeInTurn(surroundings, options, output, signal, turn);
  } finally {
    turn.release();
  }
}

async function bakeInTurn(
  surroundings: Surroundings,
  options: BakeOptions,
  output: Output,
  signal: AbortSignal,
  { warning }: Turn,
): Promise<number> {
  const format = options.log ?? 'pretty';
  const terminal = output.terminal && format === 'pretty';
  const progress = liveProgress({ write: output.err, isTTY: terminal });
  const colour = output.terminal;
  const log = logListener({ write: progress.above, format, level: 'info', colour });
  const redactor = new Redactor();
  const events = new EventStream(surroundings.clock, redactor);
  for (const listener of [log, progress.listener]) events.listen(listener);
  if (warning !== undefined) events.tell({ type: 'warning', message: warning });
  try {
    const { classes, seal } = options;
    const baked =
      classes.length === 0
        ? undefined
        : await bakeClasses(surroundings, options, redactor, events, signal);
    await options.recordStart?.(events.tell, signal);
    const sealed = seal ? await sealImage(surroundings, events.tell, signal) : undefined;
    progress.stop();
    await log.settled();
    if (options.json) output.out(`${JSON.stringify({ baked, sealed }, null, 2)}\n`);
    else {
      if (baked !== undefined) output.out(renderBake(baked));
      if (sealed !== undefined) output.out(renderSeal(sealed));
    }
    return exitCode.done;
  } finally {
    progress.stop();
    await log.settled();
  }
}

async function bakeClasses(
  surroundings: Surroundings,
  options: BakeOptions,
  redactor: Redactor,
  events: EventStream,
  signal: AbortSignal,
): Promise<BakeDocument> {
  const { host, clock } = surroundings;
  const { tell } = events;
  const troubles: Event[] = [];
  events.listen((event) => {
    if (isTrouble(event)) troubles.push(event);
  });
  const springs = openSprings(surroundings, tell);
  try {
    const build = await buildFacts(surroundings, springs, options, tell, signal);
    const { sampled, plan } = await inTime(
      { clock, seconds: planningSeconds, events: troubles, signal },
      (soon) => planned(surroundings, springs, build, options, tell, soon),
    );
    const { objects, secrets } = springs.aws(build.known.region ?? '');
    const world: World = { host, objects, secrets, redactor };
    const report = await runPlan({
      steps: plan.steps,
      world,
      resources: imageResources(plan.steps),
      journal: noJournal,
      tell,
      clock,
      pulse: new Pulse(clock),
      signal,
      deadline: clock.monotonic() + longestMs,
    });
    if (report.failure !== undefined) throw report.failure.error;
    const record = await keptRecord(sampled, build, plan, world, report, signal);
    return bakeDocument(record, report);
  } finally {
    springs.close();
  }
}

/** Each step looks for itself what is there already, so a bake that was cut off needs no journal to go on. */
const noJournal = { settled: async () => undefined, earlier: { steps: new Map() } };

async function planned(
  surroundings: Surroundings,
  springs: Springs,
  { known, withoutAws }: BuildFacts,
  options: BakeOptions,
  tell: Tell,
  signal: AbortSignal,
): Promise<{ sampled: readonly Sampled[]; plan: Agreed }> {
  const without = options.artifacts ? withoutAws : 'artifacts were not asked for (--no-artifacts)';
  const baked = await surroundings.baked();
  const sampling = {
    baked,
    config: configIn(baked),
    nodes: sampleNodes(known),
    ...(without === undefined && { aws: springs.aws(known.region ?? '') }),
    tell,
    signal,
  };
  const sampled: Sampled[] = [];
  for (const name of new Set(options.classes)) sampled.push(await sampledClass(name, sampling));
  const plan = bakeable(sampled, without);
  tell({
    type: 'bake-planned',
    classes: sampled.map((one) => one.class),
    steps: plan.steps.length,
  });
  return { sampled, plan };
}

async function keptRecord(
  sampled: readonly Sampled[],
  build: BuildFacts,
  plan: Agreed,
  world: World,
  report: Report,
  signal: AbortSignal,
): Promise<BakedRecord> {
  const bakedAt = new Date(report.finishedAt).toISOString();
  const about = { agentVersion: packageJson.version, bakedAt };
  const record = await bakedRecord(about, sampled, build, plan, world, signal);
  return keepBakedRecord(world.host.files, record);
}
