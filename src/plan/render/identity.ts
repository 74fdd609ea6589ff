/** The head of a printed plan: who the instance is, its class and what each source held, its role and release. */
import type { Identity, UserData } from '../../identity/identity.ts';
import type { Peer } from '../../peers/peer.ts';
import type { Page, Piece } from './page.ts';
import { bytes, grouped } from './quantities.ts';
import type { PlanView } from './view.ts';

export function writeIdentity(page: Page, { identity, role, plan, source }: PlanView): void {
  const { facts } = identity;
  labelled(page, 'Instance', [facts.instance_id, 'bold'], ` (from ${source})`);
  labelled(
    page,
    '',
    `${facts.instance_type}, ${facts.architecture}, ${facts.vcpus} vCPUs, ${grouped(facts.memory_mib)} MiB of memory`,
  );
  labelled(
    page,
    '',
    `${facts.zone}, ${facts.private_ipv4}, image ${facts.image_id}, account ${facts.account_id}`,
  );
  labelled(page, 'Group', facts.group_name === '' ? 'none' : facts.group_name);
  page.wrapped(label('Tags'), tagsOf(identity));
  page.wrapped(label('User data'), userDataText(identity.userData));
  labelled(
    page,
    'Class',
    [identity.class.name, 'bold'],
    [' (the first that holds one wins)', 'dim'],
  );
  writeSources(page, identity);
  labelled(page, 'Role', role.ancestry.join(' → '));
  labelled(
    page,
    'Release',
    plan.release === undefined ? 'none' : `${plan.release.name} (from ${plan.release.source})`,
  );
  if (plan.peers !== undefined) page.wrapped(label('Peers'), peersOf(plan.peers));
  labelled(page, 'Plan', [plan.digest.slice(0, 16), 'dim']);
}

/** Every source in order of precedence: the first that held something won. */
function writeSources(page: Page, { class: choice }: Identity): void {
  const longest = Math.max(...choice.held.map(({ where }) => where.length));
  for (const { source, where, value } of choice.held) {
    const won = source === choice.source;
    page.line(
      label(''),
      [won ? '✓ ' : '  ', 'green'],
      `${where.padEnd(longest)}  `,
      value === undefined ? ['nothing', 'dim'] : value,
    );
  }
}

function tagsOf({ tags, tagNames, tagsFrom }: Identity): string {
  if (tagsFrom === 'none') return 'could not be listed';
  const origin = tagsFrom === 'ec2-api' ? ' (by EC2 DescribeTags: off in the metadata)' : '';
  const shown = tagNames.map((name) => (tags[name] === undefined ? name : `${name}=${tags[name]}`));
  return (shown.length === 0 ? 'none' : shown.join(', ')) + origin;
}

function peersOf(peers: readonly Peer[]): string {
  if (peers.length === 0) return 'none: this node is the first of its cluster';
  return peers.map((peer) => `${peer.private_ipv4} (${peer.instance_id}, ${peer.zone})`).join(', ');
}

function userDataText(userData: UserData): string {
  if (userData.kind === 'none') return 'none';
  if (userData.kind === 'foreign')
    return `not for this agent: ${userData.looksLike}, ${bytes(userData.bytes)}`;
  const keys = Object.keys(userData.document).filter((key) => key !== 'text');
  return `${userData.carriedIn}: ${keys.length === 0 ? 'empty' : keys.join(', ')}`;
}

function labelled(page: Page, name: string, ...pieces: readonly Piece[]): void {
  page.line(label(name), ...pieces);
}

function label(name: string): Piece {
  return [name.padEnd(11), 'cyan'];
}
