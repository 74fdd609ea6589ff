/** References: which variables a parsed template names, and where; and where secrets stand in it. */
import {
  analyzeSync,
  type Template as Node,
  Output,
  type Token,
  TypeGuards,
  toValueSync,
  type Variable,
} from 'liquidjs';
import type { SecretReference } from '../resources/step.ts';
import { secretFilters } from './vocabulary.ts';

/** One variable of a template. Line and column count from 1 within the template. */
export interface Reference {
  /** `facts`, `values`, ...: or a name that nothing has. */
  readonly root: string;
  /** What follows the root, up to the first part that is only known when rendering. */
  readonly path: readonly string[];
  /** A part of the path is itself a variable: `values.ports[facts.zone]`. */
  readonly computed: boolean;
  readonly line: number;
  readonly column: number;
  /** Of `secrets`: why it must not stand here; undefined where it may. */
  readonly refused?: string;
  /** The template gives this name a meaning of its own: assign, capture, for. */
  readonly declares?: boolean;
}

/** An output that writes exactly a secret. */
export interface SecretUse {
  readonly output: Output;
  readonly reference: SecretReference;
}

/** All variables that are not the template's own, and the outputs that are to become secret references. */
export function referencesIn(nodes: Node[]): {
  readonly references: readonly Reference[];
  readonly secrets: readonly SecretUse[];
} {
  const { globals, variables, locals } = analyzeSync(nodes, { partials: false });
  const found = Object.values(globals)
    .flat()
    .filter((variable) => variable.segments[0] !== 'secrets');
  const uses = secretOutputs(nodes, false);
  const inOutputs = new Map(uses.map((use) => [use.position, use]));
  const secrets = Object.values(variables)
    .flat()
    .filter((variable) => variable.segments[0] === 'secrets');
  const declared = [...Object.values(locals).flat().map(referenceOf), ...blockNames(nodes)];
  return {
    references: [
      ...found.map(referenceOf),
      ...secrets.map((variable): Reference => {
        const { row, col } = variable.location;
        const use = inOutputs.get(`${row}:${col}`);
        const refused = use === undefined ? elsewhere : use.refused;
        return { ...referenceOf(variable), ...(refused !== undefined && { refused }) };
      }),
      ...declared.map((reference) => ({ ...reference, declares: true })),
    ],
    secrets: uses.flatMap(({ output, reference }) => (reference ? [{ output, reference }] : [])),
  };
}

const elsewhere =
  'a secret can only be written out, as {{ secrets.NAME }}: not compared, assigned, looped over or given to a filter';

interface Found {
  readonly position: string;
  readonly output: Output;
  readonly reference?: SecretReference;
  readonly refused?: string;
}

/** The outputs whose value, before filters, is a secret. */
function secretOutputs(nodes: Iterable<Node>, captured: boolean): Found[] {
  const found: Found[] = [];
  for (const node of nodes) {
    const inside = captured || nameOf(node) === 'capture';
    if (node instanceof Output) found.push(...secretOutput(node, captured));
    found.push(...secretOutputs(childrenOf(node), inside));
  }
  return found;
}

function secretOutput(output: Output, captured: boolean): Found[] {
  const { initial, filters } = output.value;
  const [token, ...more] = initial.postfix;
  if (token === undefined || more.length > 0 || !TypeGuards.isPropertyAccessToken(token)) return [];
  const [root, ...names] = token.props.map(literalOf);
  if (root !== 'secrets') return [];
  const [row, col] = token.getPosition();
  const found = { position: `${row}:${col}`, output };
  if (captured) return [{ ...found, refused: elsewhere }];
  const [secret, field, tooDeep] = names;
  if (names.includes(undefined))
    return [{ ...found, refused: 'a secret must be named as it is, not by a variable' }];
  if (secret === undefined) return [{ ...found, refused: 'name one of the secrets: secrets.NAME' }];
  if (tooDeep !== undefined) {
    return [{ ...found, refused: 'only one field of a secret can be named: secrets.NAME.FIELD' }];
  }
  const [filter, second] = filters.map(({ name, args }) =>
    args.length === 0 ? name : `${name}: ...`,
  );
  const encoding = filter === undefined ? undefined : encodings.get(filter);
  if (second !== undefined || (filter !== undefined && encoding === undefined)) {
    return [
      {
        ...found,
        refused: `a secret may be followed by one filter, ${[...encodings.keys()].join(', ')}, and no other: found ${second ?? filter}`,
      },
    ];
  }
  const reference = {
    secret,
    ...(field !== undefined && { field }),
    ...(encoding !== undefined && { encoding }),
  };
  return [{ ...found, reference }];
}

const encodings: ReadonlyMap<string, NonNullable<SecretReference['encoding']>> = new Map(
  Object.entries(secretFilters),
);

/** The names that a `for` or `tablerow` gives to its items. */
function blockNames(nodes: Iterable<Node>): Reference[] {
  const names: Reference[] = [];
  for (const node of nodes) {
    const [line = 1, column = 1] = node.token.getPosition();
    for (const root of node.blockScope?.() ?? []) {
      names.push({ root, path: [], computed: false, line, column });
    }
    names.push(...blockNames(childrenOf(node)));
  }
  return names;
}

function childrenOf(node: Node): Node[] {
  return node.children === undefined ? [] : toValueSync(node.children(false, true));
}

function nameOf(node: Node): unknown {
  return 'name' in node ? node.name : undefined;
}

/** The name that a part of a variable is, unless it is a variable itself. */
function literalOf(token: Token): string | undefined {
  return 'content' in token ? String(token.content) : undefined;
}

function referenceOf({ segments, location }: Variable): Reference {
  const [root, ...rest] = segments;
  const computedFrom = rest.findIndex((segment) => typeof segment === 'object');
  const literal = computedFrom < 0 ? rest : rest.slice(0, computedFrom);
  return {
    root: String(root),
    path: literal.map(String),
    computed: computedFrom >= 0,
    line: location.row,
    column: location.col,
  };
}
