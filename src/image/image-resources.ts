/** The table of resources for an image: the same steps as a boot's, each made so that the nodes started from it find it there. */
import { persistedModules } from '../resources/kernel-module/kernel-module.ts';
import { driftOf } from '../resources/owned.ts';
import type { Difference, Resource } from '../resources/resource.ts';
import type { KernelModuleStep, Step, SysctlStep } from '../resources/step.ts';
import { dropInOf, ourDropIn } from '../resources/sysctl/drop-ins.ts';
import { type ResourceTable, resources } from '../resources/table.ts';
import { heldBack } from './held-back.ts';
import { laidOut } from './laid-out.ts';

/** `steps`: all of the bake, since a socket or timer that is a service of its own is not held back with another. */
export function imageResources(steps: readonly Step[]): ResourceTable {
  const units = steps.flatMap((step) => (step.kind === 'service' ? [step.unit] : []));
  return {
    ...resources,
    artifact: laidOut(contested(steps)),
    'kernel-module': filesOf<KernelModuleStep>(({ modules }) => persistedModules(modules)),
    service: heldBack(new Set(units)),
    sysctl: filesOf<SysctlStep>(({ settings }) => [[ourDropIn, dropInOf(settings)]]),
  };
}

/** Where classes of the image want different releases: laid out side by side they could be more than a node is to keep. */
function contested(steps: readonly Step[]): ReadonlySet<string> {
  const digests = new Map<string, string>();
  const paths = new Set<string>();
  for (const step of steps) {
    if (step.kind !== 'artifact') continue;
    if ((digests.get(step.path) ?? step.sha256) !== step.sha256) paths.add(step.path);
    digests.set(step.path, step.sha256);
  }
  return paths;
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
