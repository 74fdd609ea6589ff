/** Earlier nodes of a rehearsal: really booted before the scenario's own, which finds in S3 what they left there. */
import packageJson from '../../package.json' with { type: 'json' };
import { boot } from './boot.ts';
import type { Output } from './output.ts';
import type { Recording } from './rehearsal/recording.ts';
import { type SimulatedSurroundings, simulatedSurroundings } from './simulated.ts';

/**
 * One after the other, each on a machine of its own; `output.err` gets a line for each. With a recording they boot by its clock,
 * and are in it.
 */
export async function bootEarlierNodes(
  { scenario, simulation }: SimulatedSurroundings,
  rolesFolder: string | undefined,
  output: Output,
  signal: AbortSignal,
  recording?: Recording,
): Promise<void> {
  const buckets = Object.keys(scenario.aws.buckets);
  for (let number = 1; number <= scenario.earlierNodes && !signal.aborted; number += 1) {
    const instanceId = `i-${String(number).padStart(17, '0')}`;
    const options = recording?.simulationOf(instanceId);
    const earlier = await simulatedSurroundings(scenario.folder, rolesFolder, options, instanceId);
    try {
      carryOver(buckets, simulation, earlier.simulation);
      const agentVersion = packageJson.version;
      const listeners = recording?.begin(earlier) ?? [];
      const { verdict } = await boot(earlier, { agentVersion, listeners, signal });
      carryOver(buckets, earlier.simulation, simulation);
      const [because] = verdict.because.split('\n');
      output.err(`Before it: ${instanceId}  ${verdict.result}  ${because}\n`);
    } finally {
      await earlier.simulation.close();
    }
  }
  if (scenario.earlierNodes > 0) output.err('\n');
}

type Simulation = SimulatedSurroundings['simulation'];

/** Objects that the other account does not have, or has in another version. */
function carryOver(buckets: readonly string[], from: Simulation, to: Simulation): void {
  for (const bucket of buckets)
    for (const key of from.aws.objects.keys(bucket)) {
      const bytes = from.aws.objects.bytes(bucket, key);
      const there = to.aws.objects.bytes(bucket, key);
      if (bytes !== undefined && there?.equals(bytes) !== true)
        to.aws.objects.put(bucket, key, bytes);
    }
}
