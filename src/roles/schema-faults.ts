/** Turns what zod found into faults that a person can act on: place, key, what was expected, and what was probably meant. */

import { z } from 'zod';
import { didYouMean } from '../did-you-mean.ts';
import { type Fault, faultAt } from './fault.ts';
import type { Place } from './role.ts';
import type { Path } from './yaml-document.ts';

/** Where keys and values of the checked data were written. */
export interface Places {
  keyPlace(path: Path): Place;
  valuePlace(path: Path): Place;
}

type Issue = z.core.$ZodIssue;

/**
 * Checks `data` by `schema` and gives every fault.
 * `within` is the path of `data` in the document that `places` knows (`['overrides', 0, 'set']`).
 */
export function schemaFaults(
  schema: z.ZodType,
  data: unknown,
  places: Places,
  within: Path = [],
): Fault[] {
  // Each document is checked once: to compile the schema first, as zod does, takes longer than the check.
  const result = schema.safeParse(data, { jitless: true });
  if (result.success) return [];
  const issues = result.error.issues.flatMap(single);
  return issues
    .filter((issue) => !isConsequence(issue, issues))
    .flatMap((issue) => {
      const path = [...within, ...issue.path.map(toStep)];
      if (issue.code === 'unrecognized_keys') {
        const known = keysAt(schema, issue.path.map(toStep));
        return issue.keys.map((key) => unknownKey(places, [...path, key], known));
      }
      if (issue.code === 'invalid_key') {
        const why = issue.issues[0]?.message ?? 'is not allowed';
        return [faultAt(places.keyPlace(path), dotted(path), `this name ${why}`)];
      }
      const found = valueAt(data, issue.path.map(toStep));
      const place = found === undefined ? places.keyPlace(path) : places.valuePlace(path);
      return [faultAt(place, dotted(path), expectation(issue, found))];
    });
}

/** What an entry lacks as a whole is no news while one of its keys is misspelt. */
function isConsequence(issue: Issue, issues: readonly Issue[]): boolean {
  if (issue.code !== 'custom') return false;
  const at = issue.path.map(toStep);
  return issues.some((other) => other !== issue && at.every((step, i) => other.path[i] === step));
}

/** A path as messages and origins spell it. */
export function dotted(path: Path): string {
  return path.map((step) => String(step)).join('.');
}

function unknownKey(places: Places, path: Path, known: readonly string[]): Fault {
  const key = String(path.at(-1));
  if (key === '<<')
    return faultAt(
      places.keyPlace(path),
      dotted(path),
      'merge keys are not part of YAML 1.2: write the keys out, or put what roles have in common into one that they extend',
    );
  const meant = didYouMean(key, known);
  const hint = meant === '' && known.length > 0 ? `; known here: ${known.join(', ')}` : meant;
  return faultAt(places.keyPlace(path), dotted(path), `unknown key "${key}"${hint}`);
}

/** A union reports every alternative it tried; only the one that the value was meant to be says something useful. */
function single(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.filter(
    (tried) => !tried.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  const branch = meant[0];
  if (meant.length !== 1 || branch === undefined) return [issue];
  return branch.flatMap((inner) =>
    single({ ...inner, path: [...issue.path, ...inner.path] } as Issue),
  );
}

function expectation(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const said = issue.message.startsWith('Invalid input') ? undefined : issue.message;
      const wanted = said ?? `must be ${typeName(issue.expected)}`;
      if (found === undefined) return `is missing: ${wanted}`;
      const quotes =
        issue.expected === 'string' && typeof found !== 'object' ? '; put it in quotes' : '';
      return `${wanted}, found ${described(found)}${said === undefined ? quotes : ''}`;
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const wanted = `must be ${allowed.length > 1 ? 'one of ' : ''}${allowed.join(', ')}, found ${described(found)}`;
      return `${wanted}${typeof found === 'string' ? didYouMean(found, allowed) : ''}`;
    }
    case 'too_small':
      if (issue.origin === 'string') return 'must not be empty';
      if (issue.origin === 'array') return 'must not be an empty list';
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}, found ${described(found)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}, found ${described(found)}`;
    case 'invalid_union':
      if (issue.message === 'Invalid input') return `cannot be ${described(found)}`;
      return found === undefined
        ? `is missing: ${issue.message}`
        : `${issue.message}, found ${described(found)}`;
    case 'invalid_format':
      return `${issue.message}, found ${described(found)}`;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

function described(found: unknown): string {
  if (found === null) return 'nothing';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object') {
    const keys = Object.keys(found);
    return keys.length === 0 ? 'an empty map' : `a map with ${keys.join(', ')}`;
  }
  const text = JSON.stringify(found);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<string | number, unknown> | null | undefined)?.[step],
    data,
  );
}

/** The keys that `schema` knows at `path`. */
function keysAt(schema: unknown, path: Path): string[] {
  let at: unknown = schema;
  for (const step of path) at = childOf(bare(at), step);
  const object = bare(at);
  if (object instanceof z.ZodObject) return Object.keys(object.shape);
  if (!(object instanceof z.ZodUnion)) return [];
  return object.options.flatMap((option) => keysAt(option, []));
}

function childOf(schema: unknown, step: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return bare(schema.unwrap());
  return schema;
}

function toStep(step: PropertyKey): string | number {
  return typeof step === 'symbol' ? String(step) : step;
}
