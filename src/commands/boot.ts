/** Boot: from metadata to a completed launch hook. `agent boot` does it on an instance, `agent rehearse` in a simulation. */
import { type Clock, deadlineSignal } from '../clock.ts';
import type { FlightRecord } from '../engine/flight-record.ts';
import { type Journal, openJournal } from '../engine/journal.ts';
import { Pulse } from '../engine/pulse.ts';
import { statusFile } from '../engine/status-file.ts';
import { messageOf, UnavailableError } from '../errors.ts';
import { type Event, EventStream, type Listener } from '../events.ts';
import { exitCode, exitCodeOf, StoppedError } from '../exit-code.ts';
import type { Verdict } from '../health/verdict.ts';
import { type LaunchHook, launchHook } from '../lifecycle/launch-hook.ts';
import type { Plan } from '../plan/plan.ts';
import { Redactor } from '../redaction.ts';
import { abandonedFor, errorFrom } from './abandoned.ts';
import { openedInTime, settledInTime } from './disk.ts';
import { groupToTell } from './group-to-tell.ts';
import { Recorder } from './recorder.ts';
import type { Planned } from './river.ts';
import { openSprings, type Springs } from './springs.ts';
import type { Surroundings } from './surroundings.ts';

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
  /** Where the record is on the machine; absent where it could not be written. */
  readonly recordPath?: string;
}

/** Longest time until there is a plan with a deadline of its own, seconds: within the timeout of a hook of five minutes. */
const planningSeconds = 240;

/** Boots this node. Never throws for what goes wrong with the node: the result says it, and so does the flight record. */
export function boot(surroundings: Surroundings, options: BootOptions): Promise<BootResult> {
  return new Boot(surroundings, options).toItsEnd();
}

class Boot {
  readonly #surroundings: Surroundings;
  readonly #options: BootOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #redactor = new Redactor();
  readonly #stream: EventStream;
  readonly #recorder: Recorder;
  readonly #pulse: Pulse;
  #springs: Springs | undefined;
  #journal: Journal | undefined;
  #hook: LaunchHook | undefined;
  /** What steps left to be finished while the group is already told, such as waiting for the disk. */
  readonly #afterwards: Promise<void>[] = [];

  constructor(surroundings: Surroundings, options: BootOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
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
    tell({ type: 'boot-started', agentVersion: this.#options.agentVersion, simulated, bootId });
    const verdict =
      hardware instanceof Error ? abandonedFor(hardware) : await this.#verdict(bootId);
    const code = await this.#conclude(verdict);
    const ms = Math.round(this.#clock.monotonic() - this.#startedAt);
    tell({ type: 'boot-finished', exitCode: code, ms });
    await status.settled();
    const unpacked = Promise.all(this.#afterwards);
    await settledInTime(this.#clock, tell, 'the artefacts', unpacked);
    const record = this.#recorder.record(verdict, code);
    const recordPath = await this.#recorder.write(host.files, record);
    const journal = this.#journal?.close() ?? Promise.resolve();
    await settledInTime(this.#clock, tell, 'the journal', journal);
    this.#springs?.close();
    return {
      exitCode: code,
      verdict: { ...verdict, because: this.#redactor.text(verdict.because) },
      events: this.#recorder.events,
      record,
      ...(recordPath !== undefined && { recordPath }),
    };
  }

  async #verdict(bootId: string): Promise<Verdict> {
    try {
      return await this.#makeItSo(await this.#plan(), bootId);
    } catch (error) {
      return abandonedFor(errorFrom(error));
    }
  }

  /** Tells the group, and gives the exit code. */
  async #conclude(verdict: Verdict): Promise<number> {
    const { result, because, faults, error } = verdict;
    const { tell } = this.#stream;
    const code = error === undefined ? exitCode.done : exitCodeOf(error);
    if (error instanceof StoppedError) {
      tell({
        type: 'warning',
        message: `${error.message} Nothing was signalled: run agent boot again.`,
      });
      return code;
    }
    tell({ type: 'verdict', result, because, ...(faults !== undefined && { faults }) });
    // ABANDON ends the instance: whatever explains it is on disk before the group is told.
    if (result === 'ABANDON')
      await this.#recorder.write(
        this.#surroundings.host.files,
        this.#recorder.record(verdict, code),
      );
    try {
      this.#hook ??= await this.#group();
      await this.#hook.complete(result);
      return code;
    } catch (failure) {
      return code === exitCode.done ? exitCodeOf(failure) : code;
    }
  }

  /** The hook of a boot that failed before it had one. */
  async #group(): Promise<LaunchHook> {
    const { tell } = this.#stream;
    try {
      this.#springs ??= openSprings(this.#surroundings, tell);
      return await groupToTell(
        this.#surroundings,
        this.#springs,
        this.#recorder,
        tell,
        this.#pulse,
      );
    } catch (error) {
      this.#warn(error);
      throw error;
    }
  }

  async #plan(): Promise<Planned> {
    const { tell } = this.#stream;
    // Opened before anything baked is read: a fault in there must still reach the group.
    const springs = openSprings(this.#surroundings, tell);
    this.#springs = springs;
    await springs.lookAhead();
    const { configIn, identify, planNode } = await import('./river.ts');
    const baked = await this.#surroundings.baked();
    this.#recorder.image = baked.record;
    const config = configIn(baked);
    const seconds = Math.min(planningSeconds, config.deadline ?? planningSeconds);
    const late = new UnavailableError('late');
    const { signal, release } = deadlineSignal(
      this.#clock,
      seconds * 1000,
      late,
      this.#options.signal,
    );
    try {
      const identity = await identify(this.#surroundings, baked, springs, config, tell, signal);
      this.#recorder.identity = identity;
      const planned = await planNode(baked, springs, config, identity, tell, signal);
      this.#recorder.identity = planned.identity;
      this.#recorder.plan = planned.plan;
      this.#redactor.spare(JSON.stringify(planned.plan));
      return planned;
    } catch (error) {
      if (error !== late) throw error;
      throw new UnavailableError(
        `No plan after ${seconds} s of trying: ${this.#recorder.lastTrouble()}\nCheck the status of that service, and this subnet's way to it (VPC endpoint, NAT, security group)`,
      );
    } finally {
      release();
    }
  }

  async #makeItSo({ plan, identity }: Planned, bootId: string): Promise<Verdict> {
    const { host } = this.#surroundings;
    const { tell } = this.#stream;
    const clock = this.#clock;
    const aws = (this.#springs as Springs).aws(identity.facts.region);
    const journal = await this.#openJournal(plan, bootId);
    const named = plan.signal.kind === 'lifecycle-hook' ? plan.signal.hook : undefined;
    const hook = launchHook({
      group: identity.facts.group_name,
      instanceId: plan.instanceId,
      autoScaling: aws.autoScaling,
      clock,
      tell,
      pulse: this.#pulse.progressed,
      ...(named !== undefined && { hook: named }),
      ...(journal.earlier.hook !== undefined && { earlier: journal.earlier.hook }),
    });
    this.#hook = hook;
    const { makeItSo } = await import('./make-it-so.ts');
    const { verdict, report } = await makeItSo({
      plan,
      host,
      aws,
      hook,
      journal,
      redactor: this.#redactor,
      clock,
      tell,
      pulse: this.#pulse,
      deadline: this.#startedAt + plan.deadlineSeconds * 1000,
      signal: this.#options.signal,
      afterwards: (work) => void this.#afterwards.push(work),
    });
    this.#recorder.report = report;
    return verdict;
  }

  async #openJournal({ instanceId, digest: planDigest }: Plan, bootId: string): Promise<Journal> {
    const { files } = this.#surroundings.host;
    const opening = openJournal(files, { instanceId, bootId, planDigest });
    const journal = await openedInTime(this.#clock, 'the journal', opening);
    this.#journal = journal;
    for (const message of journal.warnings) this.#stream.tell({ type: 'warning', message });
    for (const event of this.#recorder.events) journal.listener(event);
    this.#stream.listen(journal.listener);
    return journal;
  }

  #warn(error: unknown): void {
    this.#stream.tell({ type: 'warning', message: messageOf(error) });
  }
}
