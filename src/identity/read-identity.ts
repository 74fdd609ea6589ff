/** metadata -> Identity: reads what every boot needs, in parallel, and what a role names beyond that when it is known. */
import { type Clock, systemClock } from '../clock.ts';
import { ConfigError, UnavailableError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Hardware } from '../host/host.ts';
import { chooseClass } from './choose-class.ts';
import type { Facts, Identity, Launch, LazyFact, UserData } from './identity.ts';
import { factsInDocument, pendingTimeIn } from './identity-document.ts';
import { keys } from './keys.ts';
import type { Metadata } from './metadata.ts';
import { readTags, readTagValues, type TagReading } from './tags.ts';
import { parseUserData } from './user-data/user-data.ts';

export interface ReadIdentityOptions {
  readonly hardware: Hardware;
  /** The class baked into the image, and the file it is in (for messages). */
  readonly defaultClass?: string;
  readonly defaultClassFrom?: string;
  /** Name of the tag that holds the class (default `Class`) and the release (default `Release`). */
  readonly classTag?: string;
  readonly releaseTag?: string;
  /** EC2 DescribeTags; asked only where tags are switched off in metadata. */
  readonly describeTags?: (instanceId: string, region: string) => Promise<Record<string, string>>;
  /** The group that the image names, for where no tag can be read. */
  readonly defaultGroup?: string;
  /** Classes that have a role: any other is refused. */
  readonly knownClasses?: readonly string[];
  readonly tell: Tell;
  /** Measures how long it took; the machine's clock when absent. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

const groupTag = 'aws:autoscaling:groupName';

/**
 * Who this instance is. Throws ConfigError where a person must act (no class, a class without a role, broken user data,
 * metadata switched off), UnavailableError where the metadata service did not answer well until its deadline.
 */
export async function readIdentity(
  metadata: Metadata,
  options: ReadIdentityOptions,
): Promise<Identity> {
  const { hardware, classTag = 'Class', releaseTag = 'Release', tell, signal } = options;
  const { clock = systemClock } = options;
  const startedAt = clock.monotonic();
  const document = readDocument(metadata, signal);
  // Whether this is a launch into a warm pool: a guess would start services there.
  const target = metadata.read(keys.targetLifecycleState, signal);
  target.catch(() => undefined);
  const wantedTags = [classTag, releaseTag, groupTag];
  const describe =
    options.describeTags &&
    (async () => {
      const { instance_id, region } = factsInDocument(await document);
      return options.describeTags?.(instance_id, region) ?? {};
    });
  const userDataRead = readUserData(metadata, signal);
  const group = userDataRead.then((data) => groupIn(data) ?? options.defaultGroup);
  // User data that cannot be read is told of below.
  group.catch(() => undefined);
  const [text, userData, tagging] = await Promise.all([
    document,
    userDataRead,
    readTags(metadata, wantedTags, describe, signal).catch((error) => without(error, group, tell)),
  ]);
  const facts: Facts = {
    ...factsInDocument(text),
    vcpus: hardware.vcpus,
    memory_mib: hardware.memoryMib,
    // Whoever can read tags knows better than a launch template that is used outside its group.
    group_name: tagging.tags[groupTag] ?? (tagging.tagsFrom === 'none' ? await group : '') ?? '',
  };
  const pendingTime = pendingTimeIn(text);
  const targetLifecycleState = await target;
  const launch: Launch = {
    ...(pendingTime !== undefined && { pendingTime }),
    ...(targetLifecycleState !== undefined && { targetLifecycleState }),
  };
  tell({
    type: 'identity-known',
    instanceId: facts.instance_id,
    instanceType: facts.instance_type,
    zone: facts.zone,
    group: facts.group_name,
    ms: Math.round((clock.monotonic() - startedAt) * 10) / 10,
    requests: metadata.requests,
  });
  if (userData.kind === 'foreign') {
    tell({ type: 'user-data-foreign', looksLike: userData.looksLike });
  }
  const choice = chooseClass({
    userData: userData.kind === 'ours' ? userData.document.class : undefined,
    tag: { name: classTag, value: tagging.tags[classTag] },
    baked: { from: options.defaultClassFrom ?? 'agent.yaml', value: options.defaultClass },
    tagNames: tagging.tagNames,
    tagsFrom: tagging.tagsFrom,
    knownClasses: options.knownClasses,
  });
  tell({ type: 'class-chosen', class: choice.name, source: choice.source });
  return deepFreeze({ facts, class: choice, ...tagging, userData, launch });
}

/** The identity with those facts and tags added that a role names. A tag the instance does not have is left out. */
export async function completeIdentity(
  identity: Identity,
  metadata: Metadata,
  wanted: { readonly facts: readonly LazyFact[]; readonly tags: readonly string[] },
  signal?: AbortSignal,
): Promise<Identity> {
  const missingFacts = wanted.facts.filter((name) => identity.facts[name] === undefined);
  const missingTags = wanted.tags.filter((name) => !Object.hasOwn(identity.tags, name));
  // From EC2 all tags came at once.
  const readable = identity.tagsFrom === 'metadata' ? identity.tagNames : [];
  const [facts, tags] = await Promise.all([
    Promise.all(
      missingFacts.map(async (name) => [
        name,
        (await metadata.read(keyOfFact[name], signal)) ?? '',
      ]),
    ),
    readTagValues(metadata, missingTags, readable, signal),
  ]);
  return deepFreeze({
    ...identity,
    facts: { ...identity.facts, ...Object.fromEntries(facts) },
    tags: { ...identity.tags, ...tags },
  });
}

const keyOfFact: Readonly<Record<LazyFact, string>> = {
  hostname: keys.localHostname,
  public_ipv4: keys.publicIpv4,
  ipv6: keys.ipv6,
  purchase_option: keys.lifeCycle,
};

async function readDocument(metadata: Metadata, signal?: AbortSignal): Promise<string> {
  const text = await metadata.read(keys.document, signal);
  if (text === undefined) {
    throw new UnavailableError(
      `The metadata service has no ${keys.document}; every EC2 instance has one`,
    );
  }
  return text;
}

/** The group that user data names. */
function groupIn(userData: UserData): string | undefined {
  return userData.kind === 'ours' ? userData.document.group : undefined;
}

/** No tags where the group is known without them: its hook can be completed, and a class may come from elsewhere. Else throws `error`. */
async function without(
  error: unknown,
  group: Promise<string | undefined>,
  tell: Tell,
): Promise<TagReading> {
  const named = await group;
  if (!(error instanceof ConfigError) || named === undefined) throw error;
  const message = `no tags: taken for a node of group ${named}, as user data or agent.yaml says. ${error.message}`;
  tell({ type: 'warning', message });
  return { tags: {}, tagNames: [], tagsFrom: 'none' };
}

async function readUserData(metadata: Metadata, signal?: AbortSignal): Promise<UserData> {
  return parseUserData(await metadata.readBytes(keys.userData, signal));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
