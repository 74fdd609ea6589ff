/** MIME header fields: names, values, and the parameters of a Content-Type. */

export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** Continuation lines are appended by the reader of the lines. */
  value: string;
  readonly line: number;
}

export interface ContentType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  /** By name in lower case; quotes taken off. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The field that begins on a line, or undefined where none does. */
export function headerAt(line: string, number: number): HeaderField | undefined {
  // RFC 5322, 2.2: printable ASCII without the colon; blanks before the colon are an old habit.
  const [, name, value] = /^([!-9;-~]+)[ \t]*:(.*)$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) return undefined;
  return { name: name.toLowerCase(), value, line: number };
}

/** Reads the value of a Content-Type field (RFC 2045, 5.1); undefined where it breaks the grammar. */
export function contentTypeOf(value: string): ContentType | undefined {
  const [whole, type] = /^\s*([!#$&^_.+\-\w]+\/[!#$&^_.+\-\w]+)\s*(?=;|$)/.exec(value) ?? [];
  if (whole === undefined || type === undefined) return undefined;
  const parameters = new Map<string, string>();
  const next = /;\s*(?:([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*)?/sy;
  let at = whole.length;
  while (at < value.length) {
    next.lastIndex = at;
    const match = next.exec(value);
    if (match === null) return undefined;
    const [, name, quoted, token] = match;
    if (name !== undefined) {
      parameters.set(name.toLowerCase(), token ?? (quoted ?? '').replace(/\\(.)/gs, '$1'));
    }
    at = next.lastIndex;
  }
  return { type: type.toLowerCase(), parameters };
}
