/** Redaction: keeps secret values out of everything the agent prints or writes down. */

const mark = '[redacted]';
/** Shorter values would redact half of every log line; a secret this short protects nothing. */
const shortest = 4;
/** From this length on a value is no everyday word, and is redacted wherever it stands. */
const surelySecret = 12;

export class Redactor {
  readonly #needles = new Set<string>();
  #pattern: RegExp | undefined;
  #clear = '';

  /**
   * Registers a secret value, in plain, JSON-escaped, URL-encoded, hexadecimal and base64 form (whole and inside a longer
   * base64 text), with and without the white space around it.
   */
  learn(value: string | Buffer): void {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
    const text = bytes.toString('utf8');
    this.#addForms(bytes);
    if (text.trim() !== text) this.#addForms(Buffer.from(text.trim()));
    for (const line of text.split(/\r?\n/)) this.#add(line);
    this.#learnFields(text);
  }

  /**
   * Says what is public anyway: the plan, which can always be printed. A secret document often holds everyday words (a
   * user name that is also the application's name); short values that stand in the clear text are left alone, since
   * redacting them hides nothing and makes every path and step id unreadable.
   */
  spare(clear: string): void {
    this.#clear += `\n${clear}`;
    this.#pattern = undefined;
  }

  /** The text with every known secret value replaced. */
  text(text: string): string {
    this.#pattern ??= this.#compile();
    return this.#pattern === undefined ? text : text.replace(this.#pattern, mark);
  }

  /** A deep copy of plain data (JSON and Maps) with every string redacted, keys included. */
  data<T>(value: T): T {
    if (this.#needles.size === 0) return value;
    return this.#walk(value) as T;
  }

  /** A secret that is a JSON document is often used field by field: each string in it is a secret of its own. */
  #learnFields(text: string): void {
    if (!/^\s*[[{]/.test(text)) return;
    try {
      const visit = (value: unknown): void => {
        if (typeof value === 'string') this.#addForms(Buffer.from(value));
        else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
      };
      visit(JSON.parse(text));
    } catch {
      // Not JSON after all: the whole value is already known.
    }
  }

  #addForms(bytes: Buffer): void {
    const text = bytes.toString('utf8');
    this.#add(text);
    for (const needle of base64Forms(bytes)) this.#add(needle);
    const hex = bytes.toString('hex');
    this.#add(hex);
    this.#add(hex.toUpperCase());
  }

  #add(needle: string): void {
    // An indented document's empty line is white space, bytes that are no text are U+FFFD: neither holds any of the secret.
    if (needle.replaceAll('\ufffd', '').trim().length < shortest) return;
    const forms = [
      needle,
      JSON.stringify(needle).slice(1, -1),
      encodeURIComponent(needle),
      encodeURIComponent(needle).replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
      new URLSearchParams({ v: needle }).toString().slice(2),
    ];
    for (const form of forms) this.#needles.add(form);
    this.#pattern = undefined;
  }

  #compile(): RegExp | undefined {
    const sought = [...this.#needles].filter(
      (needle) => needle.length >= surelySecret || !this.#clear.includes(needle),
    );
    if (sought.length === 0) return undefined;
    const longestFirst = sought.sort((a, b) => b.length - a.length);
    return new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'g');
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Map) {
      return new Map([...value].map(([key, item]) => [this.#walk(key), this.#walk(item)]));
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.text(key), this.#walk(item)]),
    );
  }
}

/**
 * Base64 of the bytes at each of the three alignments they can have inside a longer text. Characters that also depend on
 * the neighbouring bytes are left off, so that the rest is found wherever it stands.
 */
function base64Forms(bytes: Buffer): string[] {
  const forms: string[] = [];
  for (const offset of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const sure = encoded.slice(first, last);
    // Short fragments of base64 would be found in innocent text.
    if (sure.length >= 8) forms.push(sure);
  }
  // Whole, with its padding: a value of four or five bytes is sure in no other form.
  forms.push(bytes.toString('base64'));
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
