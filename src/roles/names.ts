/** Names: which facts, tags and secrets templates and overrides mention, so that nothing else need be looked up. */
import type { LazyFact } from '../identity/identity.ts';
import { chainOf } from './ancestry.ts';
import { dataOf } from './layer.ts';
import { readFragment } from './read-role.ts';
import type { Role, RoleSource } from './role.ts';
import { parseTemplate } from './template.ts';
import { lazyFactNames } from './vocabulary.ts';

export interface Named {
  /** Facts that are read only when named. */
  readonly facts: readonly LazyFact[];
  readonly tags: readonly string[];
  readonly secrets: readonly string[];
}

/** What the templates of a resolved role mention, template files included. Sorted, each once. */
export function namedIn(role: Role): Named {
  return mentioned(textsOf(role.document, role.templates), peerTagsOf(role.document));
}

/**
 * What a class may come to mention, before it is resolved: all its ancestors, every override whether it will apply or
 * not, and the tags of override conditions. `overlays` and `fragment`, the role fragment of user data, count as well.
 * Faults are not reported here; a class without a role mentions nothing.
 */
export function namedInSources(options: {
  readonly class: string;
  readonly sources: readonly RoleSource[];
  readonly templates: ReadonlyMap<string, string>;
  readonly overlays?: readonly { readonly source: string; readonly text: string }[];
  readonly fragment?: Readonly<Record<string, unknown>> | undefined;
}): Named {
  const { sources, templates, overlays = [], fragment = {} } = options;
  const exists = sources.some((source) => source.name === options.class);
  const roles = exists ? chainOf(options.class, sources).roles : [];
  const layers = [
    ...roles.flatMap((role) => [role.layer, ...role.overrides.map(({ layer }) => layer)]),
    ...overlays.map(({ text, source }) => readFragment(text, source).layer),
  ];
  const documents = [...layers.map(dataOf), fragment];
  const named = mentioned(
    documents.flatMap((data) => textsOf(data, templates)),
    documents.flatMap(peerTagsOf),
  );
  const conditions = roles.flatMap((role) =>
    role.overrides.flatMap(({ when }) => Object.keys(when.tag ?? {})),
  );
  return { ...named, tags: sorted([...named.tags, ...conditions]) };
}

/** The tags that a document finds peers by. It may be one with faults. */
function peerTagsOf(data: unknown): string[] {
  const { peers } = (data ?? {}) as { peers?: { same_tags?: unknown } | null };
  const names = peers?.same_tags;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** Every text of a document, and the template files that it names. */
function textsOf(data: unknown, templates: ReadonlyMap<string, string>): string[] {
  if (typeof data === 'string') return [data, templates.get(data) ?? ''];
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data).flatMap((part) => textsOf(part, templates));
}

function mentioned(texts: readonly string[], peerTags: readonly string[]): Named {
  const references = texts.flatMap((text) => parseTemplate(text).references);
  const under = (root: string) =>
    sorted(
      references.flatMap((one) =>
        one.root === root && one.path[0] !== undefined ? [one.path[0]] : [],
      ),
    );
  const facts = under('facts');
  return {
    facts: lazyFactNames.filter((fact) => facts.includes(fact)),
    tags: sorted([...under('tags'), ...peerTags]),
    secrets: under('secrets'),
  };
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
