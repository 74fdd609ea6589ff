/** Recorder: keeps the events of a boot and what it came to, and writes the flight record from them. */
import { type Clock, within } from '../clock.ts';
import { type FlightRecord, flightRecord, writeFlightRecord } from '../engine/flight-record.ts';
import type { Report } from '../engine/report.ts';
import { messageOf, StepError } from '../errors.ts';
import type { Event, EventStream } from '../events.ts';
import { StoppedError } from '../exit-code.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Files } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import type { Plan } from '../plan/plan.ts';
import type { Redactor } from '../redaction.ts';

/** A disk that hangs must not keep the group from being told. */
const patienceMs = 10_000;

export class Recorder {
  readonly events: Event[] = [];
  identity: Identity | undefined;
  plan: Plan | undefined;
  report: Report | undefined;
  image: BakedRecord | undefined;
  readonly #stream: EventStream;
  readonly #redactor: Redactor;
  readonly #clock: Clock;
  #refused = false;

  constructor(stream: EventStream, redactor: Redactor, clock: Clock) {
    this.#clock = clock;
    this.#stream = stream;
    this.#redactor = redactor;
    stream.listen((event) => {
      // Bytes and lines come without end, and nobody asks for them afterwards.
      if (event.type !== 'step-progress') this.events.push(event);
    });
  }

  /** What was tried in vain last: the reason where nothing but time ended the boot. */
  lastTrouble(): string {
    const trouble = this.events.findLast(
      (event) => event.type === 'aws-retrying' || event.type === 'metadata-retrying',
    );
    return trouble?.because ?? 'nothing answered';
  }

  /** The flight record as far as it has come, redacted. A boot that was stopped came to no verdict. */
  record(verdict: Verdict, exitCode: number): FlightRecord {
    const { events, identity, plan, report, image } = this;
    const { error } = verdict;
    return this.#redactor.data(
      flightRecord({
        events,
        exitCode,
        ...(error instanceof StoppedError ? { error } : { verdict }),
        ...(identity !== undefined && { identity }),
        ...(plan !== undefined && { plan }),
        ...(report !== undefined && { report }),
        ...(image !== undefined && { image }),
      }),
    );
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
