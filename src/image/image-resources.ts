/** The table of resources for an image: the same steps as a boot's, each made so that the nodes started from it find it there. */
import { createHash } from 'node:crypto';
import { cachePath } from '../resources/artifact/cache.ts';
import { obtain } from '../resources/artifact/obtain.ts';
import { noReceiver } from '../resources/artifact/receiver.ts';
import { persistedModules } from '../resources/kernel-module/kernel-module.ts';
import { driftOf } from '../resources/owned.ts';
import type { Difference, Resource } from '../resources/resource.ts';
import type { ArtifactStep, KernelModuleStep, Step, SysctlStep } from '../resources/step.ts';
import { dropInOf, ourDropIn } from '../resources/sysctl/drop-ins.ts';
import { type ResourceTable, resources } from '../resources/table.ts';
import { heldBack } from './held-back.ts';

/** `steps`: all of the bake, since a socket or timer that is a service of its own is not held back with another. */
export function imageResources(steps: readonly Step[]): ResourceTable {
  const units = steps.flatMap((step) => (step.kind === 'service' ? [step.unit] : []));
  return {
    ...resources,
    artifact: cached,
    'kernel-module': filesOf<KernelModuleStep>(({ modules }) => persistedModules(modules)),
    service: heldBack(new Set(units)),
    sysctl: filesOf<SysctlStep>(({ settings }) => [[ourDropIn, dropInOf(settings)]]),
  };
}

/** Only what systemd reads at the start of a node. The kernel that runs here is that of the machine which makes the image. */
function filesOf<S extends Step>(
  wantedOf: (step: S) => readonly (readonly [path: string, content: string])[],
): Resource<S> {
  return {
    async check(step, { host: { files } }) {
      const differences: Difference[] = [];
      for (const [path, wanted] of wantedOf(step)) {
        const found = (await files.read(path))?.toString();
        if (found === wanted) continue;
        differences.push({ aspect: path, ...(found === undefined ? {} : { found }), wanted });
      }
      return driftOf(differences);
    },
    async apply(step, { host: { files } }) {
      for (const [path, content] of wantedOf(step)) await files.write(path, content);
    },
  };
}

/** The object in the cache, verified. It is unpacked on the node: which release that will run is its own choice. */
const cached: Resource<ArtifactStep> = {
  async check({ sha256 }, { host: { files } }) {
    const path = cachePath(sha256);
    if ((await files.stat(path))?.type !== 'file')
      return driftOf([{ aspect: path, wanted: sha256 }]);
    const hash = createHash('sha256');
    for await (const block of files.blocks(path)) hash.update(block);
    const found = hash.digest('hex');
    return found === sha256 ? undefined : driftOf([{ aspect: path, found, wanted: sha256 }]);
  },
  async apply(step, world, effort) {
    await obtain(step, world, effort, noReceiver);
    await world.host.files.settle(cachePath(step.sha256));
  },
};
