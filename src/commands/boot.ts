/** Boot: from metadata to a completed launch hook. `agent boot` does it on an instance, `agent rehearse` in a simulation. */
import type { Clock } from '../clock.ts';
import type { FlightRecord } from '../engine/flight-record.ts';
import type { Journal } from '../engine/journal.ts';
import { Pulse } from '../engine/pulse.ts';
import { statusFile } from '../engine/status-file.ts';
import { type Event, EventStream, type Listener } from '../events.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Hardware } from '../host/host.ts';
import { type LaunchHook, launchHook } from '../lifecycle/launch-hook.ts';
import { Redactor } from '../redaction.ts';
import { abandonedFor, errorFrom } from './abandoned.ts';
import { afterBoot } from './after-boot.ts';
import { conclude } from './conclude.ts';
import type { CrashLoopGuard } from './crash-loop-guard.ts';
import { settledInTime } from './disk.ts';
import { guardOf } from './guard-of.ts';
import { lastTrouble } from './in-time.ts';
import { planInTime } from './plan-in-time.ts';
import { Recorder } from './recorder.ts';
import type { Planned } from './river.ts';
import { openSprings, type Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';
import { type Turn, takeTurn } from './turn.ts';
import { waitingSince } from './waiting-since.ts';

export interface BootOptions {
  readonly agentVersion: string;
  /** Told of every event, redacted. */
  readonly listeners: readonly Listener[];
  /** Aborted when the agent must stop: nothing is signalled then, and the next boot goes on from there. */
  readonly signal: AbortSignal;
}

export interface BootResult {
  readonly exitCode: number;
  readonly verdict: Verdict;
  readonly events: readonly Event[];
  /** All of it, redacted. */
  readonly record: FlightRecord;
  /**
   * Follows how the load balancer sees the node, where the class wants that: to be called when systemd and the group know of
   * the end of the boot, until the signal aborts. Never rejects.
   */
  readonly inService?: (signal: AbortSignal) => Promise<void>;
  /** Where the record is on the machine; absent where it could not be written. */
  readonly recordPath?: string;
}

/**
 * Boots this node. Never throws for what goes wrong with the node: the result says it, and so does the flight record.
 * Throws BusyError, having done nothing, where another agent is booting it.
 */
export async function boot(surroundings: Surroundings, options: BootOptions): Promise<BootResult> {
  const turn = takeTurn(surroundings.host, surroundings.clock);
  try {
    return await new Boot(surroundings, options, turn).toItsEnd();
  } finally {
    turn.release();
  }
}

class Boot {
  readonly #surroundings: Surroundings;
  readonly #options: BootOptions;
  readonly #turn: Turn;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #redactor = new Redactor();
  readonly #stream: EventStream;
  readonly #recorder: Recorder;
  readonly #pulse: Pulse;
  #springs: Springs | undefined;
  #journal: Journal | undefined;
  #hook: LaunchHook | undefined;
  #guard: CrashLoopGuard | undefined;
  /** What steps left to be finished while the group is already told, such as waiting for the disk. */
  readonly #afterwards: Promise<void>[] = [];

  constructor(surroundings: Surroundings, options: BootOptions, turn: Turn) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.#turn = turn;
    this.#clock = surroundings.clock;
    this.#startedAt = this.#clock.monotonic();
    this.#stream = new EventStream(this.#clock, this.#redactor);
    this.#recorder = new Recorder(this.#stream, this.#redactor, this.#clock);
    this.#pulse = new Pulse(this.#clock);
    for (const listener of options.listeners) this.#stream.listen(listener);
  }

  async toItsEnd(): Promise<BootResult> {
    const { host, simulated } = this.#surroundings;
    const { tell } = this.#stream;
    const status = statusFile(host.files, this.#clock, tell);
    this.#stream.listen(status.listener);
    const hardware = await host.hardware().catch(errorFrom);
    const bootId = hardware instanceof Error ? 'unknown' : hardware.bootId;
    const { agentVersion } = this.#options;
    const started = { agentVersion, simulated, bootId };
    const { process } = host;
    tell({ type: 'boot-started', ...started, ...(process !== undefined && { process }) });
    if (this.#turn.warning !== undefined) tell({ type: 'warning', message: this.#turn.warning });
    const verdict =
      hardware instanceof Error ? abandonedFor(hardware) : await this.#verdict(hardware);
    const code = await this.#conclude(verdict);
    const ms = Math.round(this.#clock.monotonic() - this.#startedAt);
    tell({ type: 'boot-finished', exitCode: code, ms });
    await status.settled();
    const unpacked = Promise.all(this.#afterwards);
    await settledInTime(this.#clock, tell, 'the artefacts', unpacked);
    const kept = await this.#recorder.keepAtEnd(host, this.#springs, verdict, code);
    const journal = this.#journal?.close() ?? Promise.resolve();
    await settledInTime(this.#clock, tell, 'the journal', journal);
    const { settled: written } = status;
    const booted = { recorder: this.#recorder, springs: this.#springs, tell, verdict, written };
    const inService = afterBoot(this.#surroundings, { ...booted, exitCode: code });
    if (inService === undefined) this.#springs?.close();
    return {
      ...(inService !== undefined && { inService }),
      exitCode: code,
      verdict: { ...verdict, because: this.#redactor.text(verdict.because) },
      events: this.#recorder.events,
      record: kept.record,
      ...(kept.path !== undefined && { recordPath: kept.path }),
    };
  }

  async #verdict(hardware: Hardware): Promise<Verdict> {
    try {
      return await this.#makeItSo(await this.#plan(), hardware);
    } catch (error) {
      return abandonedFor(errorFrom(error));
    }
  }

  /** Tells the group, and gives the exit code. */
  #conclude(verdict: Verdict): Promise<number> {
    try {
      this.#springs ??= openSprings(this.#surroundings, this.#stream.tell);
    } catch {
      // The conclusion finds the same, and says it.
    }
    return conclude(verdict, {
      surroundings: this.#surroundings,
      springs: this.#springs,
      recorder: this.#recorder,
      hook: this.#hook,
      guard: this.#guard,
      previous: this.#journal?.previous?.key,
      startedAt: this.#startedAt,
      pulse: this.#pulse,
      redacted: (text) => this.#redactor.text(text),
      tell: this.#stream.tell,
      signal: this.#options.signal,
    });
  }

  async #plan(): Promise<Planned> {
    const { tell } = this.#stream;
    // Opened before anything baked is read: a fault in there must still reach the group.
    const springs = openSprings(this.#surroundings, tell);
    this.#springs = springs;
    return planInTime({
      surroundings: this.#surroundings,
      springs,
      recorder: this.#recorder,
      redactor: this.#redactor,
      tell,
      startedAt: this.#startedAt,
      signal: this.#options.signal,
    });
  }

  async #makeItSo(planned: Planned, hardware: Hardware): Promise<Verdict> {
    const { host, random } = this.#surroundings;
    const { tell } = this.#stream;
    const { identity } = planned;
    const jitter = random === undefined ? {} : { random };
    const { agentVersion } = this.#options;
    const clock = this.#clock;
    const aws = (this.#springs as Springs).aws(identity.facts.region);
    const { beginRun } = await import('./begin-run.ts');
    const beginning = { host, clock, tell, hardware, agentVersion };
    const keep = (opened: Journal) => this.#keep(opened);
    const { journal, plan, earlier, start } = await beginRun(planned, beginning, keep);
    this.#recorder.plan = plan;
    // What is downloaded takes the longest, so its client is loaded first; on another boot it is on the disk.
    const downloads = plan.steps.some(({ kind }) => kind === 'artifact');
    if (start.kind === 'first boot' && downloads) void aws.prepare(['s3']);
    const guard = guardOf({ planned, start, aws, agentVersion, clock, tell, ...jitter });
    this.#guard = guard;
    const named = plan.signal.kind === 'lifecycle-hook' ? plan.signal.hook : undefined;
    const hook = launchHook({
      group: identity.facts.group_name,
      instanceId: plan.instanceId,
      autoScaling: aws.autoScaling,
      clock,
      tell,
      pulse: this.#pulse.progressed,
      ...(named !== undefined && { hook: named }),
      ...(earlier !== undefined && { earlier }),
      ...jitter,
    });
    this.#hook = hook;
    const { makeItSo } = await import('./make-it-so.ts');
    const { verdict, report } = await makeItSo({
      plan,
      launch: identity.launch,
      metadata: (this.#springs as Springs).metadata,
      host,
      aws,
      hook,
      journal,
      redactor: this.#redactor,
      clock,
      tell,
      pulse: this.#pulse,
      deadline: this.#startedAt + plan.deadlineSeconds * 1000,
      waitingSince: waitingSince(identity.launch, journal.previous?.key, this.#startedAt, clock),
      lastTrouble: () => lastTrouble(this.#recorder.events),
      signal: this.#options.signal,
      ...(guard !== undefined && { refusal: (over: AbortSignal) => guard.refusal(over) }),
      afterwards: (work) => void this.#afterwards.push(work),
      ...jitter,
    });
    this.#recorder.report = report;
    return verdict;
  }

  #keep(journal: Journal): void {
    this.#journal = journal;
    for (const event of this.#recorder.events) journal.listener(event);
    this.#stream.listen(journal.listener);
  }
}
