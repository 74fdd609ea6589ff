/** MIME (RFC 2045, 2046), strictly: a message as its parts, nested multiparts opened, each part knowing its line. */
import { contentTypeOf, type HeaderField, headerAt } from './mime-header.ts';

export interface Part {
  /** `type/subtype` in lower case. */
  readonly type: string;
  /** Content-Transfer-Encoding in lower case; 7bit where none is given. */
  readonly encoding: string;
  /** One character per byte, not decoded. */
  readonly body: string;
  /** Of the body's first line in the whole message, from 1. */
  readonly line: number;
  /** `2`, or `2.1` for the first part in the second. */
  readonly place: string;
}

/** Something that breaks the rules of MIME, and where. */
export class MimeFault extends Error {
  override name = 'MimeFault';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const deepest = 3;

/** True where a text begins with header fields, MIME-Version or Content-Type among them. */
export function isMime(text: string): boolean {
  for (let at = 0; at < text.length; ) {
    const line = lineAt(text, at, text.length);
    const name = /^([!-9;-~]+)[ \t]*:/.exec(line.text)?.[1]?.toLowerCase();
    if (name === 'mime-version' || name === 'content-type') return true;
    if (name === undefined && (at === 0 || !/^[ \t]/.test(line.text))) return false;
    at = line.next;
  }
  return false;
}

/** All parts that are no multiparts themselves, in order; the message itself where it is none. Throws MimeFault. */
export function partsOf(text: string): Part[] {
  return leaves({ text, start: 0, end: text.length, line: 1 }, '', 1);
}

/** A stretch of the message: [start, end), and the line it starts on. */
interface Stretch {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

function leaves(entity: Stretch, place: string, depth: number): Part[] {
  const { fields, body } = split(entity);
  const type = one(fields, 'content-type');
  const encoding = one(fields, 'content-transfer-encoding')?.value.trim().toLowerCase() ?? '7bit';
  // RFC 2045, 5.2: without a type it is plain text.
  const contentType =
    type === undefined ? { type: 'text/plain', parameters: new Map() } : read(type);
  if (!contentType.type.startsWith('multipart/')) {
    const content = body.text.slice(body.start, body.end);
    return [
      { type: contentType.type, encoding, body: content, line: body.line, place: place || '1' },
    ];
  }
  const at = type?.line ?? entity.line;
  if (depth > deepest) throw new MimeFault(`multiparts nested more than ${deepest} deep`, at);
  if (!/^(7bit|8bit|binary)$/.test(encoding)) {
    throw new MimeFault(
      `a multipart may not be encoded, and this one is in ${quoted(encoding)}`,
      at,
    );
  }
  const boundary: string | undefined = contentType.parameters.get('boundary');
  if (boundary === undefined) throw new MimeFault('a multipart without a boundary parameter', at);
  // RFC 2046, 5.1.1: 1 to 70 characters of these, no blank at the end.
  if (!/^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/.test(boundary)) {
    throw new MimeFault(`the boundary ${quoted(boundary)} is not allowed`, at);
  }
  return sections(body, boundary).flatMap((section, index) =>
    leaves(section, `${place}${place && '.'}${index + 1}`, depth + 1),
  );
}

/** Header fields and body of an entity. */
function split({ text, start, end, line }: Stretch): { fields: HeaderField[]; body: Stretch } {
  const fields: HeaderField[] = [];
  let at = start;
  let number = line;
  while (at < end) {
    const current = lineAt(text, at, end);
    at = current.next;
    if (current.text === '') return { fields, body: { text, start: at, end, line: number + 1 } };
    const last = fields.at(-1);
    if (/^[ \t]/.test(current.text) && last !== undefined) last.value += current.text;
    else {
      const field = headerAt(current.text, number);
      if (field === undefined) throw new MimeFault('wanted a header field "Name: value"', number);
      fields.push(field);
    }
    number += 1;
  }
  return { fields, body: { text, start: end, end, line: number } };
}

/** What lies between the delimiter lines of a multipart; what is before the first and after the last is nobody's. */
function sections(body: Stretch, boundary: string): Stretch[] {
  const { text, end } = body;
  const found: Stretch[] = [];
  let open: { start: number; line: number } | undefined;
  let number = body.line;
  for (let at = body.start; at < end; number += 1) {
    const line = lineAt(text, at, end);
    const mark = line.text.startsWith('--') ? line.text.trimEnd() : '';
    if (mark === `--${boundary}` || mark === `--${boundary}--`) {
      if (open !== undefined) {
        // The line break before a delimiter belongs to the delimiter.
        const last = text.slice(open.start, at).replace(/\r?\n$/, '').length;
        found.push({ text, start: open.start, end: open.start + last, line: open.line });
      }
      if (mark.endsWith(`${boundary}--`)) return found;
      open = { start: line.next, line: number + 1 };
    }
    at = line.next;
  }
  const what = open === undefined ? 'is never used' : 'is never closed; is the end cut off?';
  throw new MimeFault(`the boundary ${quoted(boundary)} ${what} (no --${boundary}--)`, number - 1);
}

function lineAt(text: string, at: number, end: number): { text: string; next: number } {
  const feed = text.indexOf('\n', at);
  const stop = feed === -1 || feed >= end ? end : feed;
  const line = text.slice(at, stop);
  return { text: line.endsWith('\r') ? line.slice(0, -1) : line, next: Math.min(end, stop + 1) };
}

function one(fields: readonly HeaderField[], name: string): HeaderField | undefined {
  const [first, second] = fields.filter((field) => field.name === name);
  if (second !== undefined) throw new MimeFault(`a second ${name} in one header`, second.line);
  return first;
}

function read(field: HeaderField) {
  const contentType = contentTypeOf(field.value);
  if (contentType === undefined) {
    throw new MimeFault(`Content-Type ${quoted(field.value.trim())} is not valid`, field.line);
  }
  return contentType;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
