/** Recorder: keeps the events of a boot and what it came to, and writes the flight record from them. */
import { type Clock, within } from '../clock.ts';
import {
  type FlightRecord,
  flightRecord,
  type Platform,
  type UnitJournal,
  writeFlightRecord,
} from '../engine/flight-record.ts';
import type { MachineTimes } from '../engine/machine-times.ts';
import type { Report } from '../engine/report.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Event, EventStream } from '../events.ts';
import { StoppedError } from '../exit-code.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Files, Host } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import type { Plan } from '../plan/plan.ts';
import type { RecordOrders } from '../plan/record-orders.ts';
import type { Redactor } from '../redaction.ts';
import { keepRecord } from './keep-record.ts';
import { journalsOf, machineTimesOf, platformOf } from './scene.ts';
import type { Springs } from './springs.ts';
import { tellConsole } from './tell-console.ts';

/** A disk that hangs must not keep the group from being told. */
const patienceMs = 10_000;

export class Recorder {
  readonly events: Event[] = [];
  identity: Identity | undefined;
  plan: Plan | undefined;
  report: Report | undefined;
  image: BakedRecord | undefined;
  /** Group and hook as agent.yaml names them. */
  named: { readonly group?: string | undefined; readonly hook?: string | undefined } | undefined;
  /** Where the record goes besides the disk; from agent.yaml until there is a plan. */
  orders: RecordOrders | undefined;
  #platform: Platform | undefined;
  #machine: MachineTimes | undefined;
  #journals: readonly UnitJournal[] = [];
  /** Monotonic milliseconds of the clock at which the events begin. */
  readonly #begun: number;
  readonly #stream: EventStream;
  readonly #redactor: Redactor;
  readonly #clock: Clock;
  #refused = false;

  constructor(stream: EventStream, redactor: Redactor, clock: Clock) {
    this.#clock = clock;
    this.#begun = clock.monotonic();
    this.#stream = stream;
    this.#redactor = redactor;
    stream.listen((event) => {
      // Bytes and lines come without end, and nobody asks for them afterwards.
      if (event.type !== 'step-progress') this.events.push(event);
    });
  }

  /** The flight record as far as it has come, redacted. A boot that was stopped came to no verdict. */
  record(verdict: Verdict, exitCode: number): FlightRecord {
    const { events, identity, plan, report, image } = this;
    const platform = this.#platform;
    const machine = this.#machine;
    const { error } = verdict;
    return this.#redactor.data(
      flightRecord({
        events,
        exitCode,
        journals: this.#journals,
        ...(platform !== undefined && { platform }),
        ...(machine !== undefined && { machine }),
        ...(error instanceof StoppedError ? { error } : { verdict }),
        ...(identity !== undefined && { identity }),
        ...(plan !== undefined && { plan }),
        ...(report !== undefined && { report }),
        ...(image !== undefined && { image }),
      }),
    );
  }

  /**
   * Keeps all that explains a failed boot before its group is told, and ends the instance: on the disk, in short on the
   * console, and in S3 where the class names a bucket. Each has a short time of its own. Never rejects.
   */
  async keepBeforeAbandon(
    host: Host,
    springs: Springs | undefined,
    verdict: Verdict,
    exitCode: number,
  ): Promise<void> {
    try {
      [this.#platform, this.#machine, this.#journals] = await Promise.all([
        platformOf(host),
        this.#timesOf(host),
        journalsOf(host, this.plan, this.report),
      ]);
      const record = this.record(verdict, exitCode);
      await Promise.all([
        this.write(host.files, record),
        this.#keep(springs, record),
        tellConsole(host, record, this.orders),
      ]);
    } catch (error) {
      // A bug in here must not keep the group from being told.
      this.#stream.tell({ type: 'warning', message: messageOf(error) });
    }
  }

  /** The same at the end of a boot that its group was told of, or that was stopped. Gives the record's path, as `write` does. */
  async keepAtEnd(
    host: Host,
    springs: Springs | undefined,
    verdict: Verdict,
    exitCode: number,
  ): Promise<{ record: FlightRecord; path: string | undefined }> {
    [this.#platform, this.#machine] = await Promise.all([
      this.#platform ?? platformOf(host),
      this.#machine ?? this.#timesOf(host),
    ]);
    // What failed was kept before its group was told.
    const told = verdict.result === 'ABANDON' && !(verdict.error instanceof StoppedError);
    if (!told) await this.#keep(springs, this.record(verdict, exitCode));
    const record = this.record(verdict, exitCode);
    return { record, path: await this.write(host.files, record) };
  }

  async #timesOf(host: Host): Promise<MachineTimes | undefined> {
    const now = host.sinceKernel?.();
    if (now === undefined) return undefined;
    return machineTimesOf(host, this.plan, now - (this.#clock.monotonic() - this.#begun));
  }

  async #keep(springs: Springs | undefined, record: FlightRecord): Promise<void> {
    const { orders } = this;
    if (orders === undefined || springs === undefined) return;
    if (record.exitCode === 0 && orders.when === 'failure') return;
    await keepRecord(record, { orders, springs, clock: this.#clock, tell: this.#stream.tell });
  }

  /** Writes the record; gives its path, or undefined (and a warning) where the disk does not take it. */
  async write(files: Files, record: FlightRecord): Promise<string | undefined> {
    try {
      const stuck = new StepError(
        `no flight record: the disk did not take it within ${patienceMs / 1000} s`,
      );
      const writing = writeFlightRecord(files, this.#redactor, record);
      return await within(this.#clock, patienceMs, stuck, writing);
    } catch (error) {
      // Written before and after the group is told; a disk that refuses both is told of once.
      if (!this.#refused) this.#stream.tell({ type: 'warning', message: messageOf(error) });
      this.#refused = true;
      return undefined;
    }
  }
}
