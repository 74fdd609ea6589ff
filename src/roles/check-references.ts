/** Checks the variables of a template against what there is, before anything is rendered: branches not taken count as well. */
import { didYouMean } from '../did-you-mean.ts';
import type { TextFault } from './template.ts';
import type { Reference } from './template-references.ts';
import { factNames, roots } from './vocabulary.ts';

/** What the templates of one role may name. */
export interface Known {
  readonly values: readonly string[];
  /** Declared secrets, and whether each is one field of a JSON value already. */
  readonly secrets: ReadonlyMap<string, { readonly field?: string | undefined }>;
  /** Peers are known where this template stands. */
  readonly peers: boolean;
  /** A release is known where this template stands. */
  readonly release: boolean;
  /** Why secrets must not stand here; undefined where they may. */
  readonly noSecrets?: string;
}

export function checkReferences(references: readonly Reference[], known: Known): TextFault[] {
  return references.flatMap((reference) => {
    const message = wrongWith(reference, known);
    const { line, column } = reference;
    return message === undefined ? [] : [{ line, column, message }];
  });
}

function wrongWith(reference: Reference, known: Known): string | undefined {
  const { root, path, declares } = reference;
  if (declares) {
    return roots.includes(root)
      ? `"${root}" has a meaning already: choose another name`
      : undefined;
  }
  switch (root) {
    case 'class':
      return path.length > 0 ? 'class is a text and has no parts' : undefined;
    case 'facts':
      return missingPart(reference, factNames, 'fact');
    case 'values':
      return missingPart(reference, known.values, 'value');
    case 'tags':
      return missingPart(reference, path, 'tag');
    case 'peers':
      return noPeers(known);
    case 'release':
      return missingPart(reference, ['name'], 'part of the release') ?? noRelease(known);
    case 'secrets':
      return wrongWithSecret(reference, known);
    default:
      return `there is no variable "${root}"${didYouMean(root, roots) || `; there are ${roots.join(', ')}`}`;
  }
}

function missingPart(
  reference: Reference,
  names: readonly string[],
  noun: string,
): string | undefined {
  const { root, path } = reference;
  const [name] = path;
  if (name === undefined) {
    const how = reference.computed ? 'by its own name, not by a variable' : 'one of them';
    return `name ${how}: ${root}.NAME`;
  }
  if (names.includes(name)) return undefined;
  const list = names.length === 0 ? 'the role has none' : `there are ${names.join(', ')}`;
  return `there is no ${noun} "${name}"${didYouMean(name, names) || `; ${list}`}`;
}

function noPeers(known: Known): string | undefined {
  if (known.peers) return undefined;
  return 'no peers are known here: they are looked up where the role has a section peers, and after its section release was filled in';
}

function noRelease(known: Known): string | undefined {
  if (known.release) return undefined;
  return "no release is known here: it comes from user data, the release tag or the role's release section, in which only manifest can name it";
}

function wrongWithSecret(reference: Reference, known: Known): string | undefined {
  if (known.noSecrets !== undefined) return known.noSecrets;
  if (reference.refused !== undefined) return reference.refused;
  const [name, field] = reference.path;
  const missing = missingPart(reference, [...known.secrets.keys()], 'secret');
  if (missing !== undefined || name === undefined) return missing;
  const own = known.secrets.get(name)?.field;
  if (own === undefined || field === undefined) return undefined;
  return `secrets.${name} is the field "${own}" already (secrets.${name}.field): write secrets.${name}, or drop field there`;
}
