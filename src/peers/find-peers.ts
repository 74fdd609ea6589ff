/** Looks up the peers of an instance: those that EC2 lists with the same tags, in the same VPC. */
import type { InstanceDirectory, ListedInstance } from '../aws/aws.ts';
import type { Tell } from '../events.ts';
import type { Peer, PeerWish } from './peer.ts';

/**
 * The peers, without the instance itself, in the order of their addresses. An instance that lacks a tag which the role goes
 * by has none; that is told as a warning, and nothing is asked. Throws ConfigError (denied, or EC2 never lists the instance
 * itself), UnavailableError, or the signal's reason.
 */
export async function findPeers(
  wish: PeerWish,
  instanceId: string,
  directory: InstanceDirectory,
  options: { tell: Tell; signal?: AbortSignal },
): Promise<readonly Peer[]> {
  if ('lacks' in wish) {
    options.tell({
      type: 'warning',
      message: `No peers were looked for: the role finds them by the tag ${wish.lacks} (peers.same_tags), which this instance does not have`,
    });
    return [];
  }
  const listed = await directory.withTags(wish.tags, instanceId, options.signal);
  // Itself is in every answer; it tells which VPC this is, and beyond that one there is no route to take for granted.
  const vpc = listed.find((one) => one.instanceId === instanceId)?.vpcId;
  const peers = listed
    .filter((one) => one.instanceId !== instanceId && one.vpcId === vpc)
    .flatMap(peerFrom)
    .sort((one, other) => numberOf(one.private_ipv4) - numberOf(other.private_ipv4));
  options.tell({ type: 'peers-found', peers: peers.map((peer) => peer.private_ipv4) });
  return peers;
}

/** None of an instance without an address: it is being launched, or going. */
function peerFrom({ instanceId, privateIpv4, zone }: ListedInstance): Peer[] {
  if (privateIpv4 === undefined) return [];
  return [{ instance_id: instanceId, private_ipv4: privateIpv4, zone }];
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
