/** Recorder: keeps all events of a boot and what it came to, and writes the flight record from them. */
import { type FlightRecord, flightRecord, writeFlightRecord } from '../engine/flight-record.ts';
import type { Report } from '../engine/report.ts';
import { messageOf } from '../errors.ts';
import type { Event, EventStream } from '../events.ts';
import type { Verdict } from '../health/verdict.ts';
import type { Files } from '../host/host.ts';
import type { Identity } from '../identity/identity.ts';
import type { Plan } from '../plan/plan.ts';
import type { Redactor } from '../redaction.ts';

export class Recorder {
  readonly events: Event[] = [];
  identity: Identity | undefined;
  plan: Plan | undefined;
  report: Report | undefined;
  readonly #stream: EventStream;
  readonly #redactor: Redactor;

  constructor(stream: EventStream, redactor: Redactor) {
    this.#stream = stream;
    this.#redactor = redactor;
    stream.listen((event) => void this.events.push(event));
  }

  /** What was tried in vain last: the reason where nothing but time ended the boot. */
  lastTrouble(): string {
    const trouble = this.events.findLast(
      (event) => event.type === 'aws-retrying' || event.type === 'metadata-retrying',
    );
    return trouble?.because ?? 'nothing answered';
  }

  /** The flight record as far as it has come, redacted. */
  record(verdict: Verdict, exitCode: number): FlightRecord {
    const { events, identity, plan, report } = this;
    return this.#redactor.data(
      flightRecord({
        events,
        exitCode,
        verdict,
        ...(identity !== undefined && { identity }),
        ...(plan !== undefined && { plan }),
        ...(report !== undefined && { report }),
      }),
    );
  }

  /** Writes the record; gives its path, or undefined (and a warning) where the disk does not take it. */
  async write(files: Files, record: FlightRecord): Promise<string | undefined> {
    try {
      return await writeFlightRecord(files, this.#redactor, record);
    } catch (error) {
      this.#stream.tell({ type: 'warning', message: messageOf(error) });
      return undefined;
    }
  }
}
