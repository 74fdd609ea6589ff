/** Which release a node is to run, as far as its role, its tags and user data say. */
import type { Facts } from '../identity/identity.ts';
import type { ReleaseWish } from '../releases/release.ts';
import { type Fault, throwFaults } from './fault.ts';
import { Filling, type Subject } from './filling.ts';
import type { Role } from './role.ts';

/** What may name a release besides the role. */
export interface Wishing {
  readonly facts: Facts;
  readonly tags: Readonly<Record<string, string>>;
  /** `release` of the user data document. */
  readonly userDataRelease?: string | undefined;
  /** Value of the release tag. */
  readonly tagRelease?: string | undefined;
}

/**
 * The wish: user data first, then the tag, then the role's own name; else the pointer has to be asked.
 * Throws ConfigError for faults in the role's `release` section; `manifestFor` does so for the manifest's address.
 */
export function releaseWish(role: Role, wishing: Wishing): ReleaseWish {
  const { name, pointer } = role.document.release ?? {};
  const filling = new Filling(role, { facts: wishing.facts, tags: wishing.tags });
  const named = nameOf(wishing, name && (() => filling.text(name, 'release.name')));
  const address = pointer && s3Address(filling, pointer, 'release.pointer');
  throwFaults(filling.faults);
  return {
    ...named,
    ...(address && { pointer: address }),
    manifestFor: (release) => manifestFor(role, { ...wishing, release: { name: release } }),
  };
}

/** What is wrong in the role's `release` section, for a subject whose release is known. */
export function releaseFaults(role: Role, subject: Subject): readonly Fault[] {
  const { name, pointer, manifest } = role.document.release ?? {};
  const before = new Filling(role, { facts: subject.facts, tags: subject.tags });
  const { facts, tags, release } = subject;
  const after = new Filling(role, { facts, tags, ...(release && { release }) });
  if (name) before.text(name, 'release.name');
  if (pointer) s3Address(before, pointer, 'release.pointer');
  if (manifest) s3Address(after, manifest, 'release.manifest');
  return [...before.faults, ...after.faults];
}

function nameOf(
  { userDataRelease, tagRelease }: Wishing,
  fromRole: (() => string) | '' | undefined,
): Pick<ReleaseWish, 'name' | 'nameFrom'> {
  if (userDataRelease) return { name: userDataRelease, nameFrom: 'user data' };
  if (tagRelease) return { name: tagRelease, nameFrom: 'tag' };
  return fromRole ? { name: fromRole(), nameFrom: 'role' } : {};
}

function manifestFor(role: Role, subject: Subject): string | undefined {
  const manifest = role.document.release?.manifest;
  if (manifest === undefined) return undefined;
  const filling = new Filling(role, subject);
  const address = s3Address(filling, manifest, 'release.manifest');
  throwFaults(filling.faults);
  return address;
}

function s3Address(filling: Filling, text: string, path: string): string {
  const before = filling.faults.length;
  const address = filling.text(text, path);
  if (filling.faults.length === before && !/^s3:\/\/[^/]+\/.+/.test(address)) {
    filling.report(
      path,
      `must be an address like s3://bucket/key, with a bucket and a key, found "${address}"`,
    );
  }
  return address;
}
