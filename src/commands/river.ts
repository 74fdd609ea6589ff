/** The river from metadata to plan, which `boot` and `dry-run` share: order and wiring, no rules. Loaded once the first request is out. */
import type { Aws } from '../aws/aws.ts';
import type { Tell } from '../events.ts';
import type { Identity } from '../identity/identity.ts';
import { completeIdentity, readIdentity } from '../identity/read-identity.ts';
import { findPeers } from '../peers/find-peers.ts';
import type { Plan } from '../plan/plan.ts';
import { planFor } from '../plan/plan-for.ts';
import { fetchRelease } from '../releases/fetch-release.ts';
import type { Release } from '../releases/release.ts';
import { type AgentConfig, overlayAddress, readAgentConfig } from '../roles/agent-config.ts';
import { fillRole } from '../roles/fill-role.ts';
import { namedIn, namedInSources } from '../roles/names.ts';
import { peerWish } from '../roles/peer-wish.ts';
import { releaseWish } from '../roles/release-wish.ts';
import { selectRole } from '../roles/resolve-role.ts';
import type { Role } from '../roles/role.ts';
import { parseS3Address } from '../s3-address.ts';
import type { Springs } from './springs.ts';
import type { Baked, Surroundings } from './surroundings.ts';

export interface Planned {
  readonly identity: Identity;
  readonly role: Role;
  readonly release: Release | undefined;
  /** Address of the config overlay that was pulled. */
  readonly overlay: string | undefined;
  readonly plan: Plan;
}

/** A config overlay is a role fragment: kilobytes. */
const overlayLimit = 1024 * 1024;

export function configIn(baked: Baked): AgentConfig {
  return baked.agentConfig === undefined
    ? readAgentConfig('', 'agent.yaml')
    : readAgentConfig(baked.agentConfig.text, baked.agentConfig.source);
}

/** The launch hook as far as it is known without AWS: overlays may name another. Undefined where nobody names one. */
export function hookNamedHere(
  baked: Baked,
  config: AgentConfig,
  { class: chosen, facts, tags, tagNames, userData }: Identity,
): string | undefined {
  const document = userData.kind === 'ours' ? userData.document : undefined;
  const own = document === undefined ? {} : { userData: document };
  try {
    const { roles: sources, templates } = baked;
    const about = { class: chosen.name, sources, templates, facts, tags, tagNames, overlays: [] };
    const { lifecycle } = selectRole({ ...about, ...own }).document;
    return document?.hook ?? lifecycle?.hook ?? config.hook;
  } catch {
    // What is wrong with the role is told when the plan is made.
    return document?.hook ?? config.hook;
  }
}

/** metadata -> Identity */
export async function identify(
  { host, clock }: Surroundings,
  baked: Baked,
  springs: Springs,
  config: AgentConfig,
  tell: Tell,
  signal: AbortSignal,
): Promise<Identity> {
  return readIdentity(springs.metadata, {
    hardware: await host.hardware(),
    ...(config.class !== undefined && { defaultClass: config.class }),
    ...(baked.agentConfig !== undefined && { defaultClassFrom: baked.agentConfig.source }),
    ...(config.group !== undefined && { defaultGroup: config.group }),
    ...(config.tags?.class !== undefined && { classTag: config.tags.class }),
    ...(config.tags?.release !== undefined && { releaseTag: config.tags.release }),
    knownClasses: baked.roles.map((role) => role.name),
    describeTags: (instanceId, region) => springs.aws(region).tags.describe(instanceId, signal),
    tell,
    clock,
    signal,
  });
}

/** Identity -> Role -> Release -> Plan. What a role names beyond the usual facts and tags is read here. */
export async function planNode(
  baked: Baked,
  springs: Springs,
  config: AgentConfig,
  known: Identity,
  tell: Tell,
  signal: AbortSignal,
): Promise<Planned> {
  const userData = known.userData.kind === 'ours' ? known.userData.document : undefined;
  const aws = () => springs.aws(known.facts.region);
  const overlay = overlayAddress(config, { facts: known.facts, class: known.class.name });
  const overlays =
    overlay === undefined
      ? []
      : [{ source: overlay, text: await readOverlay(aws(), overlay, signal) }];
  const named = namedInSources({
    class: known.class.name,
    sources: baked.roles,
    templates: baked.templates,
    overlays,
    fragment: userData?.role,
  });
  const chosen = await completeIdentity(known, springs.metadata, named, signal);
  const role = selectRole({
    class: chosen.class.name,
    sources: baked.roles,
    templates: baked.templates,
    unusableTemplates: baked.unusableTemplates,
    facts: chosen.facts,
    tags: chosen.tags,
    tagNames: chosen.tagNames,
    overlays,
    ...(userData !== undefined && { userData }),
  });
  // An overlay may name what no baked role does.
  const identity = await completeIdentity(chosen, springs.metadata, namedIn(role), signal);
  const { facts, tags } = identity;
  const wish = releaseWish(role, {
    facts,
    tags,
    userDataRelease: userData?.release,
    tagRelease: tags[config.tags?.release ?? 'Release'],
  });
  const peersBy = peerWish(role, identity, config.tags?.class ?? 'Class');
  const [release, peers] = await Promise.all([
    fetchRelease(wish, aws().objects, { tell, signal }),
    peersBy && findPeers(peersBy, facts.instance_id, aws().instances, { tell, signal }),
  ]);
  const filled = fillRole(role, {
    facts,
    tags,
    ...(release !== undefined && { release }),
    ...(peers !== undefined && { peers }),
  });
  const plan = planFor(filled, identity, release, {
    ...(config.deadline !== undefined && { deadlineSeconds: config.deadline }),
    ...(config.recorder !== undefined && { recorder: config.recorder }),
    hooks: { userData: userData?.hook, agent: config.hook },
    ...(peers !== undefined && peersBy && 'tags' in peersBy && { peers }),
  });
  if (filled.document.lifecycle.register !== undefined && plan.registration === undefined)
    tell({
      type: 'warning',
      message: `lifecycle.register is left to ${facts.group_name === '' ? 'its Auto Scaling group' : `group ${facts.group_name}`}, which registers its instances itself: attach the target groups and load balancers to the group`,
    });
  tell({
    type: 'plan-made',
    digest: plan.digest,
    steps: plan.steps.length,
    probes: plan.probes.length,
  });
  return { identity, role, release, overlay, plan };
}

export async function readOverlay(aws: Aws, overlay: string, signal: AbortSignal): Promise<string> {
  const address = parseS3Address(overlay);
  const { bytes } = await aws.objects.read(address, { limit: overlayLimit, signal });
  return bytes.toString('utf8');
}
