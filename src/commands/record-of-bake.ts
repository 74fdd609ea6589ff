/** The record of a bake, drawn up from what was planned and from what the machine says of it now. */
import type { Agreed } from '../image/agreed.ts';
import type { BakedRecord } from '../image/baked-record.ts';
import { isLaidOut } from '../resources/artifact/as-tree.ts';
import { cachePath } from '../resources/artifact/cache.ts';
import { addressOf } from '../resources/artifact/wrong-object.ts';
import { installedVersions } from '../resources/package/package.ts';
import type { World } from '../resources/resource.ts';
import { isMasked } from '../resources/service/mask-link.ts';
import type { Step, StepKind } from '../resources/step.ts';
import type { BuildFacts } from './build-facts.ts';
import type { Sampled } from './sampled-class.ts';

export async function bakedRecord(
  about: Pick<BakedRecord, 'agentVersion' | 'bakedAt'>,
  sampled: readonly Sampled[],
  { known, sourceImage }: BuildFacts,
  { steps, left }: Agreed,
  world: World,
  signal: AbortSignal,
): Promise<BakedRecord> {
  const packages: Record<string, string> = {};
  for (const step of of(steps, 'package'))
    Object.assign(packages, await installedVersions(step, world, signal));
  const artifacts = await Promise.all(
    of(steps, 'artifact').map(async (step) => ({
      from: addressOf(step),
      sha256: step.sha256,
      bytes: (await world.host.files.stat(cachePath(step.sha256)))?.size ?? 0,
      ...((await isLaidOut(step, world)) && { unpacked: step.path }),
    })),
  );
  // Static units are not held back: what the machine says counts.
  const heldBack = await Promise.all(
    of(steps, 'service').map(async ({ unit }) =>
      (await isMasked(world.host.files, unit)) ? unit : undefined,
    ),
  );
  return {
    ...about,
    ...(sourceImage !== undefined && { sourceImage }),
    ...(known.region !== undefined && { region: known.region }),
    architecture: known.architecture,
    classes: sampled.map(({ class: name, roleDigest, release }) => ({
      name,
      roleDigest,
      ...(release !== undefined && { release }),
    })),
    packages,
    artifacts,
    sysctl: Object.assign({}, ...of(steps, 'sysctl').map(({ settings }) => settings)),
    kernelModules: of(steps, 'kernel-module').flatMap(({ modules }) =>
      modules.map(({ name }) => name),
    ),
    places: steps.filter(({ kind }) => ['user', 'directory', 'file'].includes(kind)).map(idOf),
    masks: of(steps, 'mask').flatMap(({ units }) => units),
    heldBack: heldBack.filter((unit) => unit !== undefined),
    left,
  };
}

const idOf = ({ id }: Step) => id;

function of<K extends StepKind>(steps: readonly Step[], kind: K): Extract<Step, { kind: K }>[] {
  return steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
}
