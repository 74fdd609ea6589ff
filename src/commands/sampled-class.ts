/** The river of a bake: a class -> the steps of two sample nodes of it. */
import { createHash } from 'node:crypto';
import type { Aws } from '../aws/aws.ts';
import { ConfigError } from '../errors.ts';
import type { Tell } from '../events.ts';
import type { Facts } from '../identity/identity.ts';
import type { SampledClass } from '../image/agreed.ts';
import { Faults } from '../plan/faults.ts';
import { stepsFor } from '../plan/plan-for.ts';
import { fetchRelease } from '../releases/fetch-release.ts';
import type { Release, ReleaseWish } from '../releases/release.ts';
import { type AgentConfig, overlayAddress } from '../roles/agent-config.ts';
import { fillRole } from '../roles/fill-role.ts';
import type { FilledRole } from '../roles/filled-role.ts';
import { namedInSources } from '../roles/names.ts';
import { releaseWish } from '../roles/release-wish.ts';
import { selectRole } from '../roles/resolve-role.ts';
import type { Role } from '../roles/role.ts';
import { readOverlay } from './river.ts';
import type { Baked } from './surroundings.ts';

export interface Sampling {
  readonly baked: Baked;
  readonly config: AgentConfig;
  readonly nodes: readonly [Facts, Facts];
  /** Absent where nothing of AWS can be asked: a release is then unknown, and different for the two. */
  readonly aws?: Aws;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

export interface Sampled extends SampledClass {
  readonly roleDigest: string;
  readonly release?: string;
}

/** Throws as the river does: ConfigError for a class without a role and for faults in it. */
export async function sampledClass(name: string, sampling: Sampling): Promise<Sampled> {
  const overlays = await overlaysOf(name, sampling);
  const { baked, nodes } = sampling;
  const { roles: sources, templates, unusableTemplates } = baked;
  const { tags } = namedInSources({ class: name, sources, templates, overlays });
  const [one, other] = nodes.map((facts, index) => {
    // An instance decides by its tags, too.
    const values = Object.fromEntries(tags.map((tag) => [tag, `sample-${index}`]));
    const files = { sources, templates, unusableTemplates };
    const selection = { class: name, ...files, facts, tags: values, overlays };
    return { facts, tags: values, role: selectRole(selection), unknown: `sample-${index}` };
  }) as [Node, Node];
  const release = await commonRelease(one, other, sampling);
  return {
    class: name,
    samples: [stepsOf(one, release), stepsOf(other, release)],
    roleDigest: digestOf(one.role, baked),
    ...(release !== undefined && { release: release.name }),
  };
}

interface Node {
  readonly facts: Facts;
  readonly tags: Readonly<Record<string, string>>;
  readonly role: Role;
  /** Name of its release, where the true one is not known. */
  readonly unknown: string;
}

/** An overlay whose address depends on the instance is left to the boot; so is one that cannot be read here. */
async function overlaysOf(
  name: string,
  { config, nodes, aws, tell, signal }: Sampling,
): Promise<{ source: string; text: string }[]> {
  const [one, other] = nodes.map((facts) => overlayAddress(config, { facts, class: name }));
  if (one === undefined) return [];
  if (aws === undefined || one !== other) {
    const message = `The config overlay of ${name} is left to the boot: ${aws === undefined ? 'it cannot be read here' : 'its address depends on the instance'}.`;
    tell({ type: 'warning', message });
    return [];
  }
  return [{ source: one, text: await readOverlay(aws, one, signal) }];
}

/** The release that both run, as their pointer says now; undefined where it is not known, or not the same. */
async function commonRelease(
  one: Node,
  other: Node,
  { aws, tell, signal }: Sampling,
): Promise<Release | undefined> {
  if (aws === undefined) return undefined;
  const [wish, another] = [one, other].map(({ role, facts, tags }) =>
    releaseWish(role, { facts, tags }),
  ) as [ReleaseWish, ReleaseWish];
  if (essence(wish) !== essence(another)) return undefined;
  try {
    return await fetchRelease(wish, aws.objects, { tell, signal });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(
      `${error.message}\nThe build instance needs the right to read releases (iam_instance_profile of the template), or bake without them: --no-artifacts`,
      { cause: error, faults: error.faults },
    );
  }
}

function essence(wish: ReleaseWish): string {
  return JSON.stringify([wish.name, wish.pointer, wish.manifestFor('sample')]);
}

function stepsOf({ facts, tags, role, unknown }: Node, release: Release | undefined) {
  const named = role.document.release === undefined ? undefined : (release ?? { name: unknown });
  // One peer, and another one for each sample: what names peers is left to the boot.
  const { instance_id, private_ipv4, zone } = facts;
  const peers = role.document.peers && [{ instance_id, private_ipv4, zone }];
  const filled = fillRole(role, {
    facts,
    tags,
    ...(named !== undefined && { release: named }),
    ...(peers !== undefined && { peers }),
  });
  const faults = new Faults(filled);
  const steps = stepsFor(filled, release ?? unknownRelease(filled, unknown), faults);
  faults.throwIfAny();
  return steps;
}

/** A manifest nobody has read: it lists all that the role gives no digest for, under a digest that is this node's alone. */
function unknownRelease({ document, origins }: FilledRole, name: string): Release | undefined {
  if (!origins.has('release.manifest')) return undefined;
  const sha256 = createHash('sha256').update(name).digest('hex');
  const addresses = Object.values(document.artifacts)
    .filter((artifact) => artifact.sha256 === undefined)
    .map(({ from }) => from);
  return { name, source: 'a sample', files: new Map(addresses.map((from) => [from, { sha256 }])) };
}

function digestOf({ ancestry }: Role, { roles, templates }: Baked): string {
  const hash = createHash('sha256');
  for (const name of ancestry) hash.update(roles.find((one) => one.name === name)?.text ?? '');
  for (const [path, text] of [...templates].sort()) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex');
}
