/** The resource `artifact` in an image: the object in the cache, verified, and its tree laid out for the nodes to switch to. */
import { createHash } from 'node:crypto';
import type { Files } from '../host/host.ts';
import { accountOf, hasGroup } from '../resources/accounts.ts';
import { isLaidOut, layOut } from '../resources/artifact/as-tree.ts';
import { cachePath } from '../resources/artifact/cache.ts';
import { obtain } from '../resources/artifact/obtain.ts';
import { noReceiver } from '../resources/artifact/receiver.ts';
import { driftOf } from '../resources/owned.ts';
import type { Difference, Resource } from '../resources/resource.ts';
import type { ArtifactStep } from '../resources/step.ts';

/**
 * No link is made: which release a node runs is its own choice, and one that chooses this one has but to link it. At the paths of
 * `contested`, and where the owner of a tree comes only with the boot (by a command), the object alone is in the image.
 */
export function laidOut(contested: ReadonlySet<string>): Resource<ArtifactStep> {
  const hasTree = async (step: ArtifactStep, files: Files) =>
    step.as === 'tree' && !contested.has(step.path) && (await isOwnerThere(step, files));
  return {
    async check(step, world) {
      const { files } = world.host;
      const differences: Difference[] = [];
      const object = await objectDifference(step, files);
      if (object !== undefined) differences.push(object);
      if ((await hasTree(step, files)) && !(await isLaidOut(step, world)))
        differences.push({ aspect: 'release', wanted: step.sha256 });
      return driftOf(differences);
    },
    async apply(step, world, effort) {
      const { files } = world.host;
      const wantsTree = (await hasTree(step, files)) && !(await isLaidOut(step, world));
      // The object comes into the cache on its way to the tree.
      if (wantsTree) await layOut(step, world, effort);
      else await obtain(step, world, effort, noReceiver);
      await files.settle(cachePath(step.sha256));
    },
  };
}

async function objectDifference(
  { sha256 }: ArtifactStep,
  files: Files,
): Promise<Difference | undefined> {
  const path = cachePath(sha256);
  if ((await files.stat(path))?.type !== 'file') return { aspect: path, wanted: sha256 };
  const hash = createHash('sha256');
  for await (const block of files.blocks(path)) hash.update(block);
  const found = hash.digest('hex');
  return found === sha256 ? undefined : { aspect: path, found, wanted: sha256 };
}

async function isOwnerThere({ owner, group }: ArtifactStep, files: Files): Promise<boolean> {
  const user = owner === 'root' || (await accountOf(files, owner)) !== undefined;
  return user && (group === 'root' || (await hasGroup(files, group)));
}
