/** Checks all roles offline: every file, every override, every template, tried on sample instances. */
import { ConfigError } from '../errors.ts';
import type { Facts } from '../identity/identity.ts';
import { chainOf } from './ancestry.ts';
import { type Fault, inReadingOrder } from './fault.ts';
import { tryFill } from './fill-role.ts';
import type { FilledRole } from './filled-role.ts';
import { namedIn } from './names.ts';
import { type Override, readRole } from './read-role.ts';
import { releaseFaults } from './release-wish.ts';
import { resolveRole, type Selection } from './resolve-role.ts';
import type { RoleSource } from './role.ts';
import { sampleInstances, samplePeers } from './sample-facts.ts';
import { unusedTemplates } from './unused-templates.ts';

export interface Validation {
  readonly sources: readonly RoleSource[];
  /** Template files by their path relative to the roles folder. */
  readonly templates: ReadonlyMap<string, string>;
  readonly unusableTemplates?: Selection['unusableTemplates'];
  /** A further check of each filled role, such as whether it can be planned: gives what is wrong, or throws it as a ConfigError. */
  readonly extraCheck?: (filled: FilledRole) => readonly string[];
}

/**
 * Everything wrong in all roles, in reading order; empty when they are right. Each mistake is told once, where it was
 * written, however many roles inherit it. A template file that no role uses is a warning, see `severity`.
 */
export function validateRoles(validation: Validation): readonly Fault[] {
  const told = new Told();
  for (const source of validation.sources) {
    for (const trial of trialsOf(source, validation)) told.add(trial());
  }
  return inReadingOrder([
    ...told.faults,
    ...unusedTemplates(validation.sources.map(readRole), [
      ...validation.templates.keys(),
      ...(validation.unusableTemplates?.keys() ?? []),
    ]),
  ]);
}

/** One attempt at a role: gives what is wrong. */
type Trial = () => readonly Fault[];

/** The role on every sample instance, and then with each override of its chain alone, as if its conditions held. */
function trialsOf(source: RoleSource, validation: Validation): Trial[] {
  const trial =
    (facts: Facts, alone?: Override): Trial =>
    () => {
      const selection = { ...validation, class: source.name, facts, tags: {} };
      const applies = alone && ((override: Override) => override === alone);
      const { role, faults } = resolveRole(selection, applies);
      const inFiles = new Set(
        chainOf(source.name, validation.sources).roles.flatMap((one) => one.faults),
      );
      if (!faults.every((fault) => inFiles.has(fault))) return faults;
      const tags = Object.fromEntries(namedIn(role).tags.map((name) => [name, 'sample']));
      const release = role.document.release && { release: { name: '1.0.0' } };
      const peers = role.document.peers && { peers: samplePeers };
      const subject = { facts, tags, ...release, ...peers };
      const { filled, faults: inTexts } = tryFill(role, subject);
      const all = [...faults, ...inTexts, ...releaseFaults(role, subject)];
      return all.length > 0 ? all : furtherFaults(filled, source, validation);
    };
  const overrides = chainOf(source.name, validation.sources).roles.flatMap(
    (role) => role.overrides,
  );
  return sampleInstances.flatMap((facts, index) =>
    index === 0 ? [trial(facts), ...overrides.map((one) => trial(facts, one))] : [trial(facts)],
  );
}

function furtherFaults(filled: FilledRole, source: RoleSource, validation: Validation): Fault[] {
  const messages = () => {
    try {
      return validation.extraCheck?.(filled) ?? [];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.faults.length > 0 ? error.faults : [error.message];
    }
  };
  return messages().map((message) => placed(message, source.source));
}

/** What the planner says begins with the place of the key it is about, which can be in a role that this one extends. */
function placed(text: string, source: string): Fault {
  const [, file = source, line, column, message = text] =
    /^(\S.*?):(\d+):(\d+): (.*)$/s.exec(text) ?? [];
  const at = line === undefined ? {} : { line: Number(line), column: Number(column) };
  return { source: file, ...at, path: '', message, severity: 'fault' };
}

/** What was told already: a later trial adds only what stands at places not yet complained about. */
class Told {
  readonly faults: Fault[] = [];
  readonly #places = new Set<string>();

  add(found: readonly Fault[]): void {
    const fresh = new Map(
      found
        .filter((fault) => !this.#places.has(placeOf(fault)))
        .map((fault) => [textOf(fault), fault]),
    );
    for (const fault of fresh.values()) {
      this.faults.push(fault);
      this.#places.add(placeOf(fault));
    }
  }
}

/** A fault without a line names its place in the message. */
function placeOf({ source, line, column, path, message }: Fault): string {
  return line === undefined ? message : [source, line, column, path].join(' ');
}

function textOf(fault: Fault): string {
  return `${placeOf(fault)} ${fault.message}`;
}
