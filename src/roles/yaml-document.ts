/** YamlDocument: a YAML text as data, knowing the line and column of each key and value. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { messageOf } from '../errors.ts';
import { yamlFault } from '../yaml-words.ts';
import { type Fault, faultAt } from './fault.ts';
import type { Place } from './role.ts';

export type Path = readonly (string | number)[];

/** Aliases that one document may expand to: far more than a person writes, far less than an alias bomb needs. */
const mostAliases = 100;

/** A value, and the key it stands under. */
interface Found {
  readonly pair?: Pair;
  readonly node?: Node;
}

export class YamlDocument {
  /** Plain data; an empty map when the text is empty or has faults of syntax. */
  readonly data: unknown;
  /** Faults of syntax: with any of them, `data` is not to be used. */
  readonly faults: readonly Fault[];
  readonly #source: string;
  readonly #text: string;
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #children = new Map<Node, ReadonlyMap<string, Found>>();

  /** Parses `text`; `source` is how messages name it. Never throws. */
  constructor(text: string, source: string) {
    this.#source = source;
    this.#text = text;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    const faults = this.#document.errors.map((error) =>
      faultAt(this.#placeAt(error.pos[0]), '', yamlFault(error, text)),
    );
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (!isMap(key) && !isSeq(key)) return;
        const message = 'a key must be a text; a value that begins with {{ must stand in quotes';
        faults.push(faultAt(this.#placeAt(key.range?.[0] ?? 0), '', message));
      },
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) !== undefined) return;
        const message = `no anchor &${alias.source} stands before *${alias.source}`;
        faults.push(faultAt(this.#placeAt(alias.range?.[0] ?? 0), '', message));
      },
    });
    this.data = {};
    if (faults.length === 0) {
      try {
        this.data = this.#document.toJS({ maxAliasCount: mostAliases }) ?? {};
      } catch (error) {
        faults.push(faultAt(this.#placeAt(0), '', `not usable YAML: ${messageOf(error)}`));
      }
    }
    this.faults = faults;
  }

  /** Where the value at `path` stands; where there is none, the nearest thing that contains it. */
  valuePlace(path: Path): Place {
    const { pair, node } = this.#find(path);
    const at = node ?? pair?.key;
    const start = isNode(at) ? at.range?.[0] : undefined;
    const place = this.#placeAt(start ?? 0);
    const text = isScalar(node) ? this.#textPlace(node, pair) : undefined;
    return text === undefined ? place : { ...place, text };
  }

  /** Where the key at `path` stands, or, in a list, the item; where there is none, the nearest that contains it. */
  keyPlace(path: Path): Place {
    const { pair, node } = this.#find(path);
    const at = isNode(pair?.key) ? pair.key : node;
    return this.#placeAt(at?.range?.[0] ?? 0);
  }

  #find(path: Path): Found {
    const { contents } = this.#document;
    let found: Found = isNode(contents) ? { node: contents } : {};
    for (const step of path) {
      const next = this.#childrenOf(found.node).get(String(step));
      if (next === undefined) return found;
      found = next;
    }
    return found;
  }

  /** Listed once for each node: every leaf of a document is asked for its place. */
  #childrenOf(parent: Node | undefined): ReadonlyMap<string, Found> {
    const node = isAlias(parent) ? parent.resolve(this.#document) : parent;
    if (node === undefined) return new Map();
    const known = this.#children.get(node);
    if (known !== undefined) return known;
    const children = new Map<string, Found>();
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        if (isNode(item)) children.set(String(index), { node: item });
      }
    }
    if (isMap(node)) {
      for (const pair of node.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        children.set(name, isNode(pair.value) ? { pair, node: pair.value } : { pair });
      }
    }
    this.#children.set(node, children);
    return children;
  }

  /** Where the first character of a text stands, if its lines are the lines of the file. */
  #textPlace(node: Scalar, pair: Pair | undefined): Place['text'] {
    const [start, end] = node.range ?? [0, 0];
    if (node.type === 'BLOCK_LITERAL') {
      const header = this.#text.indexOf('\n', start);
      const line = this.#lines.linePos(start).line + 1;
      const first = /[^\s]/.exec(this.#text.slice(header + 1, end));
      if (header < 0 || first === null || typeof node.value !== 'string') return undefined;
      const column = this.#lines.linePos(header + 1 + first.index).col;
      const indentOfValue = /^\n*( *)/.exec(node.value)?.[1]?.length ?? 0;
      return { line, column: column - indentOfValue };
    }
    const { line, col } = this.#lines.linePos(start);
    if (this.#lines.linePos(Math.max(start, end - 1)).line !== line || pair === undefined)
      return undefined;
    return { line, column: node.type === 'PLAIN' ? col : col + 1 };
  }

  #placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { source: this.#source, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
