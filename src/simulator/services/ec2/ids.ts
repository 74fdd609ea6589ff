/** Ids of EC2's resources: a prefix and seventeen hexadecimal digits, the same at every run. */
import { createHash } from 'node:crypto';

export class Ids {
  readonly #account: string;
  readonly #given = new Map<string, number>();

  constructor(account: string) {
    this.#account = account;
  }

  /** The next id of a kind: `i`, `ami`, `vol`, ... */
  next(prefix: string): string {
    const number = (this.#given.get(prefix) ?? 0) + 1;
    this.#given.set(prefix, number);
    const hex = createHash('sha256').update(`${this.#account} ${prefix} ${number}`).digest('hex');
    return `${prefix}-0${hex.slice(0, 16)}`;
  }
}
