/** An artifact as an unpacked tree: a symlink to a release directory that is named by the object's digest. */
import { StepError } from '../../errors.ts';
import type { Stat } from '../../host/host.ts';
import type { Difference, Drift, Effort, World } from '../resource.ts';
import type { ArtifactStep } from '../step.ts';
import { drift, ownershipDifferences, ownershipOf } from './ownership.ts';
import { Releases } from './releases.ts';
import { unpackInto } from './unpack-into.ts';

/** As `Resource.check`. Looks at the link, the seal and the release's top directory; the files below are not read again. */
export async function checkTree(step: ArtifactStep, world: World): Promise<Drift | undefined> {
  const releases = new Releases(world.host.files, step);
  const release = await releases.find();
  const differences: Difference[] = [];
  if (release === undefined) differences.push({ aspect: 'release', wanted: step.sha256 });
  else differences.push(...ownershipDifferences(step, release));
  const link = linkDifference(await world.host.files.stat(step.path), releases.target);
  if (link !== undefined) differences.push(link);
  const surplus = await releases.surplus();
  if (surplus > 0) {
    const found = `${surplus} beyond the ${step.keep} to keep`;
    differences.push({ aspect: 'old releases', found, wanted: 'none' });
  }
  return drift(differences);
}

/** As `Resource.apply`. The link is switched when the whole object is verified and unpacked. */
export async function applyTree(step: ArtifactStep, world: World, effort: Effort): Promise<void> {
  const { files } = world.host;
  const inPlace = await files.stat(step.path);
  if (inPlace !== undefined && inPlace.type !== 'symlink') {
    throw new StepError(
      `${step.id}: wanted ${step.path} as a symlink to the current release, found a ${inPlace.type}: move it away, or change the artifact's "to"`,
    );
  }
  const releases = await layOut(step, world, effort);
  await files.link(step.path, releases.target);
  await releases.prune();
  await releases.sweep();
}

/**
 * Lays the step's release out beside the others, whole and sealed; which of them is the current one is not touched. Throws as
 * `obtain` does, and ConfigError where the object cannot be unpacked.
 */
export async function layOut(step: ArtifactStep, world: World, effort: Effort): Promise<Releases> {
  const { files } = world.host;
  const releases = new Releases(files, step);
  await releases.sweep();
  const release = await releases.find();
  if (release === undefined || !ownedAsWanted(step, release)) {
    try {
      await unpackInto(releases.staging, step, world, effort);
    } catch (error) {
      // Best effort: the error that led here is the one to tell, and the next try sweeps as well.
      await releases.sweep().catch(() => undefined);
      throw error;
    }
    await releases.adopt();
  } else await files.setOwnership(releases.release, ownershipOf(step));
  await releases.seal(world, effort);
  return releases;
}

/** Whether `layOut` has nothing left to do. */
export async function isLaidOut(step: ArtifactStep, world: World): Promise<boolean> {
  const release = await new Releases(world.host.files, step).find();
  return release !== undefined && ownershipDifferences(step, release).length === 0;
}

function linkDifference(stat: Stat | undefined, wanted: string): Difference | undefined {
  if (stat === undefined) return { aspect: 'link', wanted };
  if (stat.type !== 'symlink') return { aspect: 'link', found: `a ${stat.type}`, wanted };
  const found = stat.target ?? '';
  return found === wanted ? undefined : { aspect: 'link', found, wanted };
}

/** The owner is that of every file below, so another one means unpacking again; the mode is of the top directory alone. */
function ownedAsWanted(step: ArtifactStep, release: Stat): boolean {
  return release.owner === step.owner && release.group === step.group;
}
