/** By what the peers of a node are found, as its role says: the tags that they have in common. */
import type { Identity } from '../identity/identity.ts';
import type { PeerWish } from '../peers/peer.ts';
import type { Role } from './role.ts';

/**
 * The wish of a role with a section `peers`; undefined where it has none. The class tag counts where it chose the class:
 * whatever else chose it, EC2 does not know of it. `identity` must hold the values of the tags that the role names.
 */
export function peerWish(role: Role, identity: Identity, classTag: string): PeerWish | undefined {
  const { peers } = role.document;
  if (peers === undefined) return undefined;
  const byTag = identity.class.source === 'tag' ? [classTag] : [];
  const names = [...new Set([...byTag, ...peers.same_tags])];
  const lacks = names.find((name) => !identity.tags[name]);
  if (lacks !== undefined) return { lacks };
  return { tags: Object.fromEntries(names.map((name) => [name, identity.tags[name] ?? ''])) };
}
