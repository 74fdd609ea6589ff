/** Layer: a fragment as a tree that knows where each value was written; layers are merged, lowest first. */
import type { Origin, Place } from './role.ts';
import type { Places } from './schema-faults.ts';
import type { Path } from './yaml-document.ts';

export type Layer = Branch | Leaf;

/** A map. Maps merge key by key. */
export interface Branch {
  readonly kind: 'branch';
  readonly entries: ReadonlyMap<string, Layer>;
  readonly at: Place;
  /** It replaces what lies below: in a layer that was itself merged, something else stood here before. */
  readonly whole: boolean;
}

/** A scalar or a list, which replace what lies below, or null, which removes it. */
export interface Leaf extends Origin {
  readonly kind: 'leaf';
}

/** The fragment at `within` of a document, as a layer. `mark` is added to each place, for overrides. */
export function layerOf(
  data: unknown,
  places: Pick<Places, 'valuePlace' | 'keyPlace'>,
  within: Path = [],
  mark?: string,
): Layer {
  const placed = (place: Place): Place => (mark === undefined ? place : { ...place, within: mark });
  if (!isMap(data)) {
    return { kind: 'leaf', value: data, at: placed(places.valuePlace(within)), replaced: [] };
  }
  const entries = Object.entries(data).map(
    ([key, value]) => [key, layerOf(value, places, [...within, key], mark)] as const,
  );
  return branch(new Map(entries), placed(places.keyPlace(within)));
}

/** An empty layer: merging it changes nothing. */
export function emptyLayer(source: string): Branch {
  return branch(new Map(), { source });
}

/**
 * Merges `over` onto `under`: maps key by key, anything else replaces. A removal stays in the result as null, so that
 * layers may be merged in any grouping: (a + b) + c is a + (b + c).
 */
export function mergeLayers(under: Layer, over: Layer): Layer {
  if (over.kind === 'leaf') return { ...over, replaced: [...over.replaced, ...historyOf(under)] };
  if (over.whole) return over;
  if (under.kind === 'leaf') return { ...over, whole: true };
  const entries = new Map(under.entries);
  for (const [key, layer] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below === undefined ? layer : mergeLayers(below, layer));
  }
  return { kind: 'branch', entries, at: under.at, whole: under.whole };
}

/** Setting one of these in an entry takes the place of the others. */
const alternatives: Readonly<Record<string, readonly string[]>> = {
  files: ['content', 'template'],
  probes: ['http', 'tcp', 'command'],
};

/** The same layer, saying by null that an alternative it sets takes the place of the others. */
export function withAlternatives(layer: Layer): Layer {
  if (layer.kind === 'leaf') return layer;
  const sections = new Map(layer.entries);
  for (const [section, names] of Object.entries(alternatives)) {
    const entries = sections.get(section);
    if (entries?.kind !== 'branch') continue;
    const decided = [...entries.entries].map(
      ([name, entry]) => [name, decide(entry, names)] as const,
    );
    sections.set(section, { ...entries, entries: new Map(decided) });
  }
  return { ...layer, entries: sections };
}

function decide(entry: Layer, names: readonly string[]): Layer {
  if (entry.kind === 'leaf') return entry;
  const set = names.find((name) => isSet(entry.entries.get(name)));
  if (set === undefined) return entry;
  const at = entry.entries.get(set)?.at ?? entry.at;
  const entries = new Map(entry.entries);
  for (const other of names) {
    if (!entries.has(other)) entries.set(other, { kind: 'leaf', value: null, at, replaced: [] });
  }
  return { ...entry, entries };
}

/** The merged data, without what was removed. */
export function dataOf(layer: Layer): unknown {
  if (layer.kind === 'leaf') return layer.value;
  const kept = [...layer.entries].filter(([, entry]) => isSet(entry));
  return Object.fromEntries(kept.map(([key, entry]) => [key, dataOf(entry)]));
}

/** Where each leaf came from, by its dotted path; an empty map counts as a leaf. */
export function originsOf(layer: Layer, path = ''): Map<string, Origin> {
  const origins = new Map<string, Origin>();
  if (layer.kind === 'leaf') {
    // A null before it was a removal, which is no value that was replaced.
    const replaced = layer.replaced.filter(({ value }) => value !== null);
    origins.set(path, { value: layer.value, at: layer.at, replaced });
    return origins;
  }
  const kept = [...layer.entries].filter(([, entry]) => isSet(entry));
  if (kept.length === 0) origins.set(path, { value: {}, at: layer.at, replaced: [] });
  for (const [key, entry] of kept) {
    const below = originsOf(entry, path === '' ? key : `${path}.${key}`);
    for (const [where, origin] of below) origins.set(where, origin);
  }
  return origins;
}

/** Where the layer's keys and values were written, for faults that only show once everything is merged. */
export function placesOf(layer: Layer): Places {
  const find = (path: Path): Place => {
    let at = layer;
    for (const step of path) {
      const next = at.kind === 'branch' ? at.entries.get(String(step)) : undefined;
      if (next === undefined) break;
      at = next;
    }
    return at.at;
  };
  return { keyPlace: find, valuePlace: find };
}

function branch(entries: ReadonlyMap<string, Layer>, at: Place): Branch {
  return { kind: 'branch', entries, at, whole: false };
}

function historyOf(layer: Layer): Origin['replaced'] {
  if (layer.kind === 'leaf') return [{ value: layer.value, at: layer.at }, ...layer.replaced];
  return [{ value: dataOf(layer), at: layer.at }];
}

function isSet(layer: Layer | undefined): boolean {
  return layer !== undefined && !(layer.kind === 'leaf' && layer.value === null);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
