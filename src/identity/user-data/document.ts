/** The agent's own user data document: YAML with class, release, group, hook and a role fragment. */
import type { Document, YAMLMap } from 'yaml';
import { nearest } from '../../did-you-mean.ts';
import { ConfigError, messageOf } from '../../errors.ts';
import { yamlFault } from '../../yaml-words.ts';
import type { UserDataDocument } from '../identity.ts';

/** Far more than a person writes into 16 KB of user data, and the worst of YAML is read in a second. */
const longest = 128 * 1024;
/** Each alias is resolved by a walk through the whole document, and one may stand for many. */
const mostAliases = 100;
/** One slip often makes a parser stumble many times. */
const mostSyntaxFaults = 5;
const known = ['class', 'release', 'group', 'hook', 'role'];

type Yaml = typeof import('yaml');
type Complain = (offset: number | undefined, message: string) => void;

/**
 * Reads the document. Throws ConfigError with every fault found, each with line and column; `carriedIn` says in messages
 * where the document was found. The role fragment is checked later, by the schema of roles.
 */
export async function readDocument(bytes: Buffer, carriedIn: string): Promise<UserDataDocument> {
  const text = textOf(bytes, carriedIn);
  // 8 ms to load: only instances whose user data is ours pay for it here.
  const { default: yaml } = await import('yaml');
  const lines = new yaml.LineCounter();
  const faults: string[] = [];
  const complain: Complain = (offset, message) => {
    if (offset === undefined) return void faults.push(message);
    const { line, col } = lines.linePos(offset);
    faults.push(`line ${line}, column ${col}: ${message}`);
  };
  let fields: Omit<UserDataDocument, 'text'> | undefined;
  try {
    const document = parsed(yaml, text, lines, complain);
    fields = document && checked(yaml, document, complain);
  } catch (error) {
    complain(undefined, `not usable YAML: ${messageOf(error)}`);
  }
  if (fields === undefined || faults.length > 0) throw faulty(faults, carriedIn);
  return { ...fields, text };
}

function textOf(bytes: Buffer, carriedIn: string): string {
  if (bytes.length > longest) {
    throw new ConfigError(
      `The document for the agent in the user data (${carriedIn}) is ${bytes.length} bytes long; wanted ${longest} at most. Shorten it in the launch template: long files belong into a role`,
    );
  }
  try {
    // Takes a byte order mark away.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError(
      `The document for the agent in the user data (${carriedIn}) is not UTF-8 text. Save it as UTF-8 in the launch template`,
      { cause: error },
    );
  }
}

function parsed(
  yaml: Yaml,
  text: string,
  lineCounter: InstanceType<Yaml['LineCounter']>,
  complain: Complain,
): Document | undefined {
  const document = yaml.parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    logLevel: 'error',
  });
  for (const error of document.errors.slice(0, mostSyntaxFaults)) {
    complain(error.pos[0], yamlFault(error, text));
  }
  return document.errors.length > 0 ? undefined : document;
}

function checked(
  yaml: Yaml,
  document: Document,
  complain: Complain,
): Omit<UserDataDocument, 'text'> | undefined {
  const root = document.contents;
  // Nothing below the first line: says "ours" and wants nothing.
  if (root === null || (yaml.isScalar(root) && root.value === null)) return {};
  if (!yaml.isMap(root)) {
    complain(root.range?.[0], `wanted a map with the keys ${known.join(', ')}`);
    return undefined;
  }
  const data = plain(yaml, document);
  for (const { key } of root.items) checkKey(yaml, key, complain);
  const { class: name, release, role } = data;
  const start = (key: string) => startOf(yaml, root, key);
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) {
    complain(start('class'), `class must be the name of a class, and is ${show(name)}`);
  }
  if (release !== undefined && (typeof release !== 'string' || release.trim() === '')) {
    // 1.10 as a number is 1.1.
    const advice = typeof release === 'number' ? '; put it in quotes' : '';
    complain(
      start('release'),
      `release must be a text, and is the ${typeof release} ${show(release)}${advice}`,
    );
  }
  for (const key of ['group', 'hook'] as const) {
    const value = data[key];
    if (value !== undefined && (typeof value !== 'string' || value.trim() === ''))
      complain(start(key), `${key} must be a name of Auto Scaling, and is ${show(value)}`);
  }
  if (role !== undefined && (typeof role !== 'object' || role === null || Array.isArray(role))) {
    complain(start('role'), `role must be a map (a role fragment), and is ${show(role)}`);
  }
  return data as Omit<UserDataDocument, 'text'>;
}

function checkKey(yaml: Yaml, key: unknown, complain: Complain): void {
  const name = yaml.isScalar(key) ? String(key.value) : 'a key that is no text';
  if (known.includes(name)) return;
  const slip = nearest(name, known);
  const hint = slip === undefined ? '' : ` Did you mean "${slip}"?`;
  const at = yaml.isNode(key) ? key.range?.[0] : undefined;
  complain(at, `unknown key ${show(name)}; known are ${known.join(', ')}.${hint}`);
}

function plain(yaml: Yaml, document: Document): Record<string, unknown> {
  let aliases = 0;
  yaml.visit(document, {
    Alias: () => {
      aliases += 1;
    },
  });
  if (aliases > mostAliases) throw new Error(`more than ${mostAliases} aliases`);
  return document.toJS({ maxAliasCount: mostAliases });
}

function startOf(yaml: Yaml, map: YAMLMap, key: string): number | undefined {
  const pair = map.items.find((item) => yaml.isScalar(item.key) && item.key.value === key);
  const at = yaml.isNode(pair?.value) ? pair.value : pair?.key;
  return yaml.isNode(at) ? at.range?.[0] : undefined;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function faulty(faults: readonly string[], carriedIn: string): ConfigError {
  const where = `The document for the agent in the user data (${carriedIn})`;
  const cure = 'Correct it in the launch template';
  const [only, second] = faults;
  if (second === undefined) {
    return new ConfigError(`${where}, ${only?.replace(/[^.?]$/, '$&.')} ${cure}`);
  }
  return new ConfigError(`${where} has ${faults.length} faults. ${cure}`, { faults });
}
