/** Instances as virtual machines: the image of the other machine tests, with the cloud kernel's modules in it. */
import { join } from 'node:path';
import { inject } from 'vitest';
import { loadScenario } from '../../../src/simulator/scenario/load-scenario.ts';
import { cloudKernel } from '../image/cloud-kernel.ts';
import type { Instance, instancesOfThisFile } from '../instances.ts';
import { virtualMachine } from './virtual-machines.ts';

const scenarios = join(import.meta.dirname, '../scenarios');
const shipped = join(import.meta.dirname, '../../../scenarios');

/** Gives what launches a virtual machine in the cloud of a test file; it is off. `packages`: layers above the distribution. */
export function virtualMachinesOf(
  launch: ReturnType<typeof instancesOfThisFile>,
): (scenario: string, packages?: readonly string[]) => Promise<Instance> {
  return async (scenario, packages = []) => {
    const { layers, distribution } = inject('image');
    const { layer, vmlinuz } = cloudKernel(distribution);
    const { instance } = await loadScenario(join(scenarios, scenario), shipped);
    const above = layers.filter((one) => one !== distribution);
    return launch(
      scenario,
      [...above, layer, ...packages, distribution],
      undefined,
      virtualMachine({ vmlinuz, instanceId: instance.instance_id }),
    );
  };
}
