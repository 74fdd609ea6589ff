/** Fills a role in for one instance: Role -> FilledRole. */
import { didYouMean } from '../did-you-mean.ts';
import type { Text } from '../resources/step.ts';
import { argv } from './command-line.ts';
import { type Fault, throwFaults } from './fault.ts';
import { filledDrain } from './filled-drain.ts';
import { filledLifecycle } from './filled-lifecycle.ts';
import { filledProbes } from './filled-probes.ts';
import type { FilledDocument, FilledRole } from './filled-role.ts';
import { Filling, type Subject } from './filling.ts';
import type { Role } from './role.ts';
import { type RoleDocument, roleDocumentSchema } from './schema.ts';
import { schemaFaults } from './schema-faults.ts';

/**
 * The role with every template filled in. Secrets stay references. Throws ConfigError with all faults at once: variables
 * that are not there, secrets where none may stand, texts that are no path, port, mode, ... once they are filled in.
 */
export function fillRole(role: Role, subject: Subject): FilledRole {
  const { filled, faults } = tryFill(role, subject);
  throwFaults(faults);
  return filled;
}

/** As `fillRole`, but gives the faults back; with any of them the filled role is not to be used. */
export function tryFill(
  role: Role,
  subject: Subject,
): { readonly filled: FilledRole; readonly faults: readonly Fault[] } {
  const filling = new Filling(role, subject);
  const values = filling.values.all();
  const written = role.document;
  const plain = filledTexts(written, filling);
  const texts = secretTexts(written, filling);
  checkCredentials(written, filling);
  checkFilled(plain, filling);
  const document: FilledDocument = {
    description: plain.description ?? '',
    values,
    ...(plain.hostname !== undefined && { hostname: plain.hostname }),
    secrets: plain.secrets ?? {},
    users: plain.users ?? {},
    packages: plain.packages ?? {},
    kernel_modules: plain.kernel_modules ?? {},
    sysctl: mapped(plain.sysctl, (value) => String(value)),
    mask: plain.mask ?? {},
    directories: plain.directories ?? {},
    files: mapped(plain.files, ({ content: _, template: __, ...rest }, path) => ({
      ...rest,
      content: texts.get(`files.${path}`) ?? [],
    })),
    artifacts: plain.artifacts ?? {},
    commands: mapped(plain.commands, ({ run, unless, env, ...rest }, name) => ({
      ...rest,
      run: argv(run),
      ...(unless !== undefined && { unless: argv(unless) }),
      env: mapped(env, (_, key) => texts.get(`commands.${name}.env.${key}`) ?? []),
    })),
    services: mapped(plain.services, ({ unit, drop_in, ...rest }, name) => ({
      ...rest,
      ...(unit !== undefined && { unit: texts.get(`services.${name}.unit`) ?? [] }),
      ...(drop_in !== undefined && { drop_in: texts.get(`services.${name}.drop_in`) ?? [] }),
    })),
    probes: filledProbes(plain.probes ?? {}, filling),
    lifecycle: filledLifecycle(plain.lifecycle ?? {}, filling),
    ...(plain.recorder !== undefined && { recorder: plain.recorder }),
    drain: filledDrain(plain.drain ?? {}, filling),
  };
  const { ancestry, origins } = role;
  return { filled: { class: role.class, ancestry, document, origins }, faults: filling.faults };
}

/** What a text must look like is known only now; a text that could not be filled in was reported before. */
function checkFilled(plain: RoleDocument, filling: Filling): void {
  const place = (path: readonly (string | number)[]) => filling.place(path.join('.'));
  const found = schemaFaults(roleDocumentSchema, plain, { keyPlace: place, valuePlace: place });
  filling.faults.push(
    ...found.filter(({ path }) => ![...filling.failed].some((at) => isWithin(path, at))),
  );
}

/** A fault of an item of a list counts as one of the list. The path may begin with the override it comes from. */
function isWithin(path: string, at: string): boolean {
  return `${path}.`.startsWith(`${at}.`) || `${path}.`.includes(` ${at}.`);
}

/** Texts that are no templates (descriptions, names of template files), or that are filled in elsewhere. */
function isLeftAsIs([section = '', , key = '']: readonly string[]): boolean {
  if (['description', 'values', 'release', 'mask'].includes(section)) return true;
  return leftAsIs[section]?.includes(key) ?? false;
}

const leftAsIs: Readonly<Record<string, readonly string[]>> = {
  files: ['content', 'template'],
  services: ['unit', 'drop_in'],
  commands: ['env'],
};

/** The document with every text filled in, except those where secrets may stand. */
function filledTexts(document: RoleDocument, filling: Filling): RoleDocument {
  const filled = (value: unknown, path: readonly string[]): unknown => {
    if (isLeftAsIs(path)) return value;
    if (typeof value === 'string') return filling.text(value, path.join('.'));
    if (Array.isArray(value)) return value.map((item) => filled(item, path));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, filled(item, [...path, key])]);
    return Object.fromEntries(entries);
  };
  return filled(document, []) as RoleDocument;
}

/** The texts where secrets may stand, by the path of the key that holds them; a file's by the path of the file. */
function secretTexts(document: RoleDocument, filling: Filling): ReadonlyMap<string, Text> {
  const texts = new Map<string, Text>();
  for (const [path, { content, template }] of Object.entries(document.files ?? {})) {
    const at = `files.${path}`;
    if (content !== undefined) texts.set(at, filling.pieces(content, `${at}.content`));
    if (template !== undefined) texts.set(at, filling.file(template, `${at}.template`));
  }
  for (const [name, { unit, drop_in }] of Object.entries(document.services ?? {})) {
    for (const [key, text] of Object.entries({ unit, drop_in })) {
      const at = `services.${name}.${key}`;
      if (text !== undefined) texts.set(at, filling.pieces(text, at));
    }
  }
  for (const [name, { env }] of Object.entries(document.commands ?? {})) {
    for (const [key, text] of Object.entries(env ?? {})) {
      const at = `commands.${name}.env.${key}`;
      texts.set(at, filling.pieces(text, at));
    }
  }
  return texts;
}

/** A unit can be handed only secrets that the role declares. */
function checkCredentials(document: RoleDocument, filling: Filling): void {
  const secrets = Object.keys(document.secrets ?? {});
  for (const [name, { credentials }] of Object.entries(document.services ?? {})) {
    for (const [credential, secret] of Object.entries(credentials ?? {})) {
      if (secrets.includes(secret)) continue;
      const hint = didYouMean(secret, secrets) || '; declare it in secrets';
      const path = `services.${name}.credentials.${credential}`;
      filling.report(path, `there is no secret "${secret}"${hint}`);
    }
  }
}

function mapped<A, B>(
  entries: Readonly<Record<string, A>> | undefined,
  convert: (entry: A, name: string) => B,
): Record<string, B> {
  return Object.fromEntries(
    Object.entries(entries ?? {}).map(([name, entry]) => [name, convert(entry, name)]),
  );
}
