/** The ledger: every call that the simulated AWS received, in order of arrival. */

export interface LedgerEntry {
  /** As in IAM actions and in faults: `s3`, `secretsmanager`, `autoscaling`, `ec2`, `elbv2`, `elb`. */
  readonly service: string;
  readonly operation: string;
  /** What the call was about: `bucket/key`, a secret's name, `group/hook/instance`. */
  readonly subject: string;
  /** HTTP status put on the wire; 0 while there is none, and where the client got no answer at all. */
  readonly status: number;
  /** Arrival: milliseconds since the epoch, by the simulator's clock. */
  readonly at: number;
  /** How many calls of this operation on this subject arrived so far, this one included. */
  readonly attempt: number;
  /** Access key id of who called; absent where the call was not signed. */
  readonly caller?: string;
  /** Refused because an account's API limit was reached. */
  readonly throttled?: boolean;
}

export class Ledger {
  readonly #entries: { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] }[] = [];

  get calls(): readonly LedgerEntry[] {
    return this.#entries;
  }

  readonly #attempts = new Map<string, number>();
  readonly #answered: (entry: LedgerEntry) => void;

  /** `answered`: told of each call once it is answered. */
  constructor(answered: (entry: LedgerEntry) => void = () => undefined) {
    this.#answered = answered;
  }

  /** Enters a call on arrival; the function given back sets the status that was answered. */
  enter(call: Omit<LedgerEntry, 'status' | 'attempt'>): (status: number) => void {
    const name = `${call.service}:${call.operation}:${call.subject}`;
    const attempt = (this.#attempts.get(name) ?? 0) + 1;
    this.#attempts.set(name, attempt);
    const entry = { ...call, status: 0, attempt };
    this.#entries.push(entry);
    return (status) => {
      entry.status = status;
      this.#answered(entry);
    };
  }

  /** The calls of a service, or of one operation, or of one operation on one subject. */
  of(service: string, operation?: string, subject?: string): readonly LedgerEntry[] {
    return this.#entries.filter(
      (entry) =>
        entry.service === service &&
        (operation === undefined || entry.operation === operation) &&
        (subject === undefined || entry.subject === subject),
    );
  }
}
