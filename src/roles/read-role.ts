/** Reads role files and fragments: YAML text in, layers and every fault out. */

import { inWords } from './conditions.ts';
import { type Fault, faultAt } from './fault.ts';
import { emptyLayer, type Layer, layerOf, withAlternatives } from './layer.ts';
import type { Place, RoleSource } from './role.ts';
import { type Conditions, roleFragmentSchema, roleSchema } from './schema.ts';
import { schemaFaults } from './schema-faults.ts';
import { withoutFaulty } from './without-faulty.ts';
import { YamlDocument } from './yaml-document.ts';

/** A role file by itself: its parent not looked up, its overrides not applied. */
export interface ReadRole {
  readonly name: string;
  readonly source: string;
  readonly extends?: { readonly name: string; readonly at: Place };
  readonly layer: Layer;
  readonly overrides: readonly Override[];
  /** With any of these it cannot be used; the content is then what is right in it, so that further faults can be told. */
  readonly faults: readonly Fault[];
}

export interface Override {
  readonly when: Conditions;
  readonly layer: Layer;
}

export interface ReadFragment {
  readonly layer: Layer;
  readonly faults: readonly Fault[];
}

const alreadyRead = new WeakMap<RoleSource, ReadRole>();

/**
 * Parses and checks a role file; the same source is read once, though asked for more than once on the way to a plan.
 * Never throws: what is wrong is in `faults`, each with line, column and key.
 */
export function readRole(role: RoleSource): ReadRole {
  const read = alreadyRead.get(role) ?? readNow(role);
  alreadyRead.set(role, read);
  return read;
}

function readNow(role: RoleSource): ReadRole {
  const { name, source } = role;
  const document = new YamlDocument(role.text, source);
  const faults = [...document.faults];
  if (role.unusable !== undefined)
    faults.unshift(faultAt({ source, line: 1, column: 1 }, '', role.unusable));
  const readable = faults.length === 0;
  if (readable) faults.push(...schemaFaults(roleSchema, document.data, document));
  const right = readable ? rightIn(document.data, faults) : undefined;
  const {
    extends: parent,
    overrides = [],
    ...sections
  } = asMap(right ?? document.data) as RoleData;
  const known = {
    name,
    source,
    ...(typeof parent === 'string' && {
      extends: { name: parent, at: document.valuePlace(['extends']) },
    }),
    faults,
  };
  if (right === undefined) return { ...known, layer: emptyLayer(source), overrides: [] };
  return {
    ...known,
    layer: withAlternatives(layerOf(sections, document)),
    overrides: overrides.map(({ when, set }, index) => {
      const mark = `overrides[${index}] (${inWords(when)})`;
      const layer = layerOf(set, document, ['overrides', index, 'set'], mark);
      return { when, layer: withAlternatives(layer) };
    }),
  };
}

function rightIn(data: unknown, faults: readonly Fault[]): unknown {
  return faults.length === 0 ? data : withoutFaulty(roleSchema, data);
}

/**
 * Parses and checks a role fragment: an overlay, or the part of user data below the key `below`.
 * Never throws: what is wrong is in `faults`, and the layer is then empty.
 */
export function readFragment(text: string, source: string, below?: string): ReadFragment {
  const document = new YamlDocument(text, source);
  const within = below === undefined ? [] : [below];
  const data = below === undefined ? document.data : (asMap(document.data)[below] ?? {});
  const faults = [...document.faults];
  if (faults.length === 0) faults.push(...schemaFaults(roleFragmentSchema, data, document, within));
  if (faults.length > 0) return { layer: emptyLayer(source), faults };
  return { layer: withAlternatives(layerOf(data, document, within)), faults };
}

interface RoleData extends Record<string, unknown> {
  readonly extends?: string;
  readonly overrides?: readonly { readonly when: Conditions; readonly set: unknown }[];
}

function asMap(data: unknown): Record<string, unknown> {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
