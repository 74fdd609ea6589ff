/** Choosing the class: user data before the tag before the baked default; what the others held is kept for the record. */

import { nearest } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import type { ClassChoice } from './identity.ts';

export interface ClassCandidates {
  /** `class:` of our user data document. */
  readonly userData: string | undefined;
  readonly tag: { readonly name: string; readonly value: string | undefined };
  /** `class:` of agent.yaml, and where that file is. */
  readonly baked: { readonly from: string; readonly value: string | undefined };
  /** For messages. */
  readonly tagNames: readonly string[];
  readonly tagsFrom: 'metadata' | 'ec2-api' | 'none';
  /** Classes that have a role; undefined: not checked here. */
  readonly knownClasses: readonly string[] | undefined;
}

/** The first source that holds a class. Throws ConfigError where none does, or the class has no role. An empty value counts as none. */
export function chooseClass(candidates: ClassCandidates): ClassChoice {
  const { tag, baked, knownClasses } = candidates;
  const held: ClassChoice['held'] = [
    { source: 'user data', where: 'user data', value: candidates.userData || undefined },
    { source: 'tag', where: `tag ${tag.name}`, value: tag.value || undefined },
    { source: 'default', where: baked.from, value: baked.value || undefined },
  ];
  const won = held.find(({ value }) => value !== undefined);
  if (won?.value === undefined) throw noClass(candidates);
  const choice: ClassChoice = { name: won.value, source: won.source, held };
  if (knownClasses !== undefined && !knownClasses.includes(choice.name)) {
    throw noRole(choice, won.where, candidates);
  }
  return choice;
}

function noClass(candidates: ClassCandidates): ConfigError {
  const { tag, baked, tagNames } = candidates;
  const slip = nearest(tag.name, tagNames);
  const hint =
    slip === undefined
      ? ''
      : ` (there is a tag ${slip}: names of tags are told apart by every letter)`;
  return new ConfigError(
    `No class for this instance: wanted the key class in user data, the instance tag ${tag.name}${hint}, or a default in ${baked.from}; found none. ${seen(candidates)} Set the tag ${tag.name} in the launch template or the Auto Scaling group.`,
  );
}

function noRole(choice: ClassChoice, where: string, candidates: ClassCandidates): ConfigError {
  const known = candidates.knownClasses ?? [];
  const place = choice.source === 'user data' ? 'the user data of the launch template' : where;
  const correct =
    choice.source === 'tag'
      ? `Correct the ${where} in the launch template or the Auto Scaling group`
      : `Correct class in ${place}`;
  // Not for "tomcat " or "../x".
  const add = /^[\w.-]+$/.test(choice.name) ? `, or add roles/${choice.name}.yaml` : '';
  const slip = nearest(choice.name, known);
  const hint = slip === undefined ? '' : ` Did you mean ${slip}?`;
  return new ConfigError(
    `The class "${choice.name}" (from ${where}) has no role.${hint} ${seen(candidates)} ${correct}${add}.`,
  );
}

function seen({ tagNames, tagsFrom, knownClasses }: ClassCandidates): string {
  const tags =
    tagsFrom === 'none'
      ? 'Tags could not be listed: InstanceMetadataTags is off for this instance (MetadataOptions of the launch template).'
      : `Tags seen: ${[...tagNames].sort().join(', ') || 'none'}.`;
  if (knownClasses === undefined) return tags;
  return `${tags} Classes there are: ${[...knownClasses].sort().join(', ') || 'none'}.`;
}
