/** Instances as virtual machines: the image of the other machine tests, with the cloud kernel's modules in it. */
import { join } from 'node:path';
import { inject } from 'vitest';
import { loadScenario } from '../../../src/simulator/scenario/load-scenario.ts';
import { cloudKernel } from '../image/cloud-kernel.ts';
import { type Instance, instancesOfThisFile } from '../instances.ts';
import { virtualMachine } from './virtual-machines.ts';

const scenarios = join(import.meta.dirname, '../scenarios');
const shipped = join(import.meta.dirname, '../../../scenarios');

/** Opens a cloud around the tests of a file; gives what launches a virtual machine in it, which is off. */
export function virtualMachinesOfThisFile(): (
  scenario: string,
  /** Lower directories for between the agent and the distribution. */
  packages?: readonly string[],
) => Promise<Instance> {
  const launch = instancesOfThisFile();
  const { layers, distribution } = inject('image');
  return async (scenario, packages = []) => {
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
