/** Resolves a class to its Role: the chain of roles, overrides, overlays and user data merged by one rule. */
import { didYouMean } from '../did-you-mean.ts';
import type { Facts } from '../identity/identity.ts';
import { chainOf } from './ancestry.ts';
import { holds } from './conditions.ts';
import { type Fault, faultAt, throwFaults } from './fault.ts';
import { dataOf, emptyLayer, type Layer, mergeLayers, originsOf, placesOf } from './layer.ts';
import { type Override, readFragment } from './read-role.ts';
import type { Role, RoleSource } from './role.ts';
import { type RoleDocument, roleDocumentSchema } from './schema.ts';
import { schemaFaults } from './schema-faults.ts';

export interface Selection {
  readonly class: string;
  /** All roles there are. */
  readonly sources: readonly RoleSource[];
  /** Template files by their path relative to the roles folder. */
  readonly templates: ReadonlyMap<string, string>;
  /** Files that cannot be templates, by the same path, each with the reason: `is not UTF-8 text: save it as UTF-8`. */
  readonly unusableTemplates?: ReadonlyMap<string, string> | undefined;
  readonly facts: Facts;
  readonly tags: Readonly<Record<string, string>>;
  /** All tags of the instance, for the message where its class has no role. */
  readonly tagNames?: readonly string[];
  /** Role fragments pulled at boot, lowest first: YAML text and its address. */
  readonly overlays?: readonly { readonly source: string; readonly text: string }[];
  /** The user data document; the fragment below its key `role` is merged last. */
  readonly userData?: { readonly text: string };
}

/**
 * The role of a class for one instance. Merged, lowest first: the oldest ancestor down to the role itself; then the
 * overrides of that chain in the same order, those whose conditions hold; then overlays; then user data.
 * Throws ConfigError with all faults of the sources it read: schema, a missing parent, a circle, entries left incomplete.
 */
export function selectRole(selection: Selection): Role {
  const { role, faults } = resolveRole(selection);
  throwFaults(faults);
  return role;
}

/**
 * As `selectRole`, but gives the faults back; with any of them the role is not to be used.
 * `applies` decides which overrides count; their conditions do, unless given.
 */
export function resolveRole(
  selection: Selection,
  applies = ({ when }: Override) => holds(when, selection.facts, selection.tags),
): { readonly role: Role; readonly faults: readonly Fault[] } {
  const { roles, faults: inRoles } = chainOf(
    selection.class,
    selection.sources,
    selection.tagNames,
  );
  const added = [
    ...(selection.overlays ?? []).map(({ text, source }) => readFragment(text, source)),
    ...(selection.userData ? [readFragment(selection.userData.text, 'user data', 'role')] : []),
  ];
  const faults = [...inRoles, ...added.flatMap((fragment) => fragment.faults)];
  const oldestFirst = roles.toReversed();
  const overrides = oldestFirst.flatMap((one) => one.overrides).filter(applies);
  const merged = [...oldestFirst, ...overrides, ...added]
    .map(({ layer }): Layer => layer)
    .reduce(mergeLayers, emptyLayer(roles[0]?.source ?? selection.class));
  const document = dataOf(merged) as RoleDocument;
  if (faults.length === 0) {
    faults.push(...schemaFaults(roleDocumentSchema, document, placesOf(merged)));
    faults.push(...missingTemplates(merged, document, selection));
  }
  return {
    role: {
      class: selection.class,
      ancestry: roles.map((one) => one.name),
      document,
      origins: originsOf(merged),
      templates: selection.templates,
    },
    faults,
  };
}

function missingTemplates(
  merged: Layer,
  document: RoleDocument,
  { templates, unusableTemplates }: Selection,
): Fault[] {
  const places = placesOf(merged);
  return Object.entries(document.files ?? {}).flatMap(([path, { template }]) => {
    if (template === undefined || templates.has(template)) return [];
    const unusable = unusableTemplates?.get(template);
    const hint = didYouMean(template, templates.keys()) || '; it is looked for in the roles folder';
    const at = places.valuePlace(['files', path, 'template']);
    const message =
      unusable === undefined
        ? `there is no template file "${template}"${hint}`
        : `the template file "${template}" ${unusable}`;
    return [faultAt(at, `files.${path}.template`, message)];
  });
}
