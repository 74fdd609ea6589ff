/** Page: lines of text for a terminal of a known width, with colour or without. */
import picocolors from 'picocolors';

/** A piece of a line: text, and how it looks. */
export type Piece = string | readonly [text: string, look: Look];
/** As `Piece`, every piece with its look. */
type Part = readonly [text: string, look: Look | undefined];

export type Look = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

export class Page {
  readonly width: number;
  readonly #colours: ReturnType<typeof picocolors.createColors>;
  readonly #lines: string[] = [];

  constructor(options: { colour: boolean; width: number }) {
    this.width = options.width;
    this.#colours = picocolors.createColors(options.colour);
  }

  /** A line of pieces; what does not fit is cut, and an ellipsis says so. */
  line(...pieces: readonly Piece[]): void {
    const parts = pieces.map(
      (piece): Part =>
        typeof piece === 'string' ? [plain(piece), undefined] : [plain(piece[0]), piece[1]],
    );
    this.#push(fitted(parts, this.width));
  }

  /** A line of one piece that is never cut: where a person must see all of it. */
  whole(indent: string, text: string, look?: Look): void {
    this.#push([
      [indent, undefined],
      [plain(text).trimEnd(), look],
    ]);
  }

  /** Text broken at blanks; `first` stands before its first line, blanks as long before the others. */
  wrapped(first: Piece, text: string, look?: Look): void {
    const head = typeof first === 'string' ? first : first[0];
    const room = Math.max(20, this.width - head.length);
    wrap(plain(text), room).forEach((line, index) => {
      const piece: Piece = look === undefined ? line : [line, look];
      this.line(index === 0 ? first : ' '.repeat(head.length), piece);
    });
  }

  /** `── Title ─── aside ──` across the page, after an empty line. */
  heading(title: string, aside = ''): void {
    const end = aside === '' ? '' : ` ${aside} ──`;
    const rule = '─'.repeat(Math.max(2, this.width - title.length - end.length - 4));
    this.empty();
    this.line(['── ', 'dim'], [title, 'bold'], [` ${rule}${end}`, 'dim']);
  }

  empty(): void {
    this.#lines.push('');
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #push(parts: readonly Part[]): void {
    const text = parts.map(([part, look]) =>
      look === undefined || part.trim() === '' ? part : this.#colours[look](part),
    );
    this.#lines.push(text.join(''));
  }
}

/** The parts without blanks at their end, cut to `width` characters. */
function fitted(parts: readonly Part[], width: number) {
  const long = [
    ...parts
      .map(([part]) => part)
      .join('')
      .trimEnd(),
  ].length;
  let room = long > width ? width - 1 : long;
  const result: Part[] = [];
  for (const [part, look] of parts) {
    const kept = [...part].slice(0, room).join('');
    room -= [...kept].length;
    if (kept !== '') result.push([kept, look]);
  }
  return long > width ? [...result, ['…', 'dim'] as const] : result;
}

function wrap(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Tabs as blanks, and control characters made visible: what stands in a file must not steer the terminal. */
function plain(text: string): string {
  return (
    text
      .replaceAll('\t', '    ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: making them visible is the point
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
        return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
      })
  );
}
