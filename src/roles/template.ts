/** Template: one text with `{{ }}` and `{% %}`, parsed; what it names is known before it is rendered. */

import {
  Context,
  type Emitter,
  LiquidError,
  type Template as Node,
  Output,
  toValueSync,
} from 'liquidjs';
import { didYouMean } from '../did-you-mean.ts';
import { messageOf } from '../errors.ts';
import type { SecretReference, Text } from '../resources/step.ts';
import { engine } from './template-engine.ts';
import { type Reference, referencesIn, type SecretUse } from './template-references.ts';
import { filtersLeftOut, tagsLeftOut } from './vocabulary.ts';

/** A fault inside a text; line and column count from 1 within it. */
export interface TextFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface Template {
  readonly references: readonly Reference[];
  /** Faults of syntax; with any of them, there is nothing to render. */
  readonly faults: readonly TextFault[];
  /** Fills the template in. Throws TemplateError. */
  render(scope: Scope): Rendered;
}

/** What a template may name, by root. Secrets are not among it: they stay references. */
export type Scope = Readonly<Record<string, unknown>>;

export interface Rendered {
  readonly text: Text;
  /** Where the template is exactly one `{{ }}`: what it gave, a number still being a number. */
  readonly value?: unknown;
}

/** A fault while rendering. */
export class TemplateError extends Error {
  override name = 'TemplateError';
  readonly fault: TextFault;
  /** `tags.Stage`, where the fault is that this is not there. */
  readonly undefinedName: string | undefined;

  constructor(fault: TextFault, undefinedName?: string) {
    super(fault.message);
    this.fault = fault;
    this.undefinedName = undefinedName;
  }
}

const parsed = new Map<string, Template>();

/** True when there is anything to fill in. */
function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%');
}

/** Parses a text; the same text is parsed once. Never throws. */
export function parseTemplate(text: string): Template {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const template = isTemplate(text) ? parse(text) : plain(text);
  parsed.set(text, template);
  return template;
}

function plain(text: string): Template {
  const rendered: Rendered = { text: text === '' ? [] : [text] };
  return { references: [], faults: [], render: () => rendered };
}

function parse(text: string): Template {
  try {
    const nodes = engine().parse(text);
    const { references, secrets } = referencesIn(nodes);
    for (const use of secrets) renderAsReference(use);
    return { references, faults: [], render: (scope) => render(nodes, scope) };
  } catch (error) {
    const fault = explained(error).fault;
    return {
      references: [],
      faults: [fault],
      render: () => {
        throw new TemplateError(fault);
      },
    };
  }
}

function render(nodes: Node[], scope: Scope): Rendered {
  const liquid = engine();
  const context = new Context({ ...scope }, liquid.options, { sync: true }, { liquid });
  const pieces = new Pieces();
  try {
    toValueSync(liquid.renderer.renderTemplates(nodes, context, pieces));
  } catch (error) {
    throw explained(error);
  }
  const text = pieces.text();
  const single = nodes.length === 1 && nodes[0] instanceof Output;
  return single ? { text, value: pieces.lastWritten } : { text };
}

/** Stands for a secret while rendering. Anything but `Pieces` that tries to make text of it fails. */
class SecretPiece {
  readonly reference: SecretReference;

  constructor(reference: SecretReference) {
    this.reference = reference;
  }

  toString(): string {
    throw new Error(
      `the secret "${this.reference.secret}" can only be written out, as {{ secrets.${this.reference.secret} }}`,
    );
  }
}

function renderAsReference({ output, reference }: SecretUse): void {
  output.render = function* (_: Context, emitter: Emitter) {
    emitter.write(new SecretPiece(reference));
    yield;
  };
}

/** Collects what a template writes: text, and references to secrets between. */
class Pieces implements Emitter {
  buffer = '';
  lastWritten: unknown;
  readonly #pieces: (string | SecretReference)[] = [];

  write(written: unknown): void {
    this.lastWritten = written;
    if (written instanceof SecretPiece) {
      this.#flush();
      this.#pieces.push(written.reference);
    } else {
      this.buffer += asText(written);
    }
  }

  text(): Text {
    this.#flush();
    return this.#pieces;
  }

  #flush(): void {
    if (this.buffer !== '') this.#pieces.push(this.buffer);
    this.buffer = '';
  }
}

/** What Liquid would turn into an empty or a meaningless text is refused: nobody would notice it in a file. */
function asText(written: unknown): string {
  if (typeof written === 'string') return written;
  if (typeof written === 'boolean') return String(written);
  if (typeof written === 'number' && Number.isFinite(written)) return String(written);
  if (typeof written === 'number') throw new Error('the result is not a number');
  if (written === undefined || written === null)
    throw new Error('this gives nothing; end it with a default filter');
  if (Array.isArray(written))
    throw new Error('this is a list; write it with a join or json filter');
  throw new Error('this is a map; name one of its keys, or write it with the json filter');
}

/** The library's errors in our words, with line and column. */
function explained(error: unknown): TemplateError {
  if (!LiquidError.is(error)) throw error;
  const [line = 1, column = 1] = error.token.getPosition();
  const cause = messageOf(error.originalError ?? error).replace(/, line:\d+.*$/s, '');
  const missing = /^undefined variable: (.+)$/.exec(cause)?.[1];
  const filter = /^undefined filter: (.+)$/.exec(cause)?.[1];
  const tag = /^tag "(.+)" not found$/.exec(cause)?.[1];
  let message = cause;
  if (missing !== undefined) message = `there is no ${missing}`;
  if (filter !== undefined) message = unknown('filter', filter, Object.keys(engine().filters));
  if (tag !== undefined) message = unknown('tag', tag, Object.keys(engine().tags));
  return new TemplateError({ line, column, message }, missing);
}

function unknown(noun: 'filter' | 'tag', name: string, known: readonly string[]): string {
  const leftOut: readonly string[] = [...filtersLeftOut, ...tagsLeftOut];
  const hint = leftOut.includes(name) ? ': it is left out on purpose' : didYouMean(name, known);
  return `there is no ${noun} "${name}"${hint}`;
}
