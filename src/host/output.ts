/** Output of a program as it comes: its lines are told, its last mebibyte is kept. */
import { StringDecoder } from 'node:string_decoder';

const kept = 1024 * 1024;
/** A line without an end is told in pieces of this size. */
const longestLine = 64 * 1024;

export class Output {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #line = '';

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  take(bytes: Buffer): void {
    this.#add(this.#decoder.write(bytes));
  }

  /** The last mebibyte of everything; tells a last line that has no end. */
  end(): string {
    this.#add(this.#decoder.end());
    if (this.#line !== '') this.#onLine?.(this.#line);
    this.#line = '';
    return this.#text.slice(-kept);
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * kept) this.#text = this.#text.slice(-kept);
    if (this.#onLine === undefined) return;
    const lines = (this.#line + text).split(/\r?\n/);
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    while (this.#line.length > longestLine) {
      this.#onLine(this.#line.slice(0, longestLine));
      this.#line = this.#line.slice(longestLine);
    }
  }
}
