/** Names of users and groups to numbers and back, from a machine's own passwd(5) and group(5). */
import { readFileSync, statSync } from 'node:fs';
import { StepError } from '../errors.ts';
import { hasCode } from './file-errors.ts';

/** One of the two account files, read again when it changed. */
export class AccountNames {
  readonly #file: string;
  readonly #what: string;
  #version = '';
  #byName = new Map<string, number>();
  #byNumber = new Map<number, string>();

  /** `file`: where it really lies; `what`: `user` or `group`, for messages. */
  constructor(file: string, what: string) {
    this.#file = file;
    this.#what = what;
  }

  /** The number of `name`; a name of digits only is the number itself. Throws StepError for a name that is not there. */
  numberOf(name: string): number {
    this.#refresh();
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (/^\d+$/.test(name)) return Number(name);
    // Every machine has it, even one whose account files are not written yet.
    if (name === 'root') return 0;
    throw new StepError(
      `there is no ${this.#what} ${name} on this machine: declare it under users in the role, or install the package that brings it`,
    );
  }

  /** The name of `number`, or the number as text. */
  nameOf(number: number): string {
    this.#refresh();
    return this.#byNumber.get(number) ?? (number === 0 ? 'root' : String(number));
  }

  #refresh(): void {
    const version = versionOf(this.#file);
    if (version === this.#version) return;
    this.#byName = new Map();
    this.#byNumber = new Map();
    this.#version = version;
    if (version === '') return;
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) {
      const [name, , number] = line.split(':');
      if (name === undefined || name === '' || !/^\d+$/.test(number ?? '')) continue;
      if (!this.#byName.has(name)) this.#byName.set(name, Number(number));
      if (!this.#byNumber.has(Number(number))) this.#byNumber.set(Number(number), name);
    }
  }
}

function versionOf(file: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw error;
  }
}
