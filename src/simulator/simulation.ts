/** Simulation: a scenario brought to life: metadata, AWS and a machine of its own on one clock, all on loopback. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, fasterClock } from '../clock.ts';
import { checkedBalancers } from './checked-balancers.ts';
import { type SimulatedMachine, simulatedMachine } from './machine/simulated-machine.ts';
import { documentKey, identityDocument, simulatedCredentials } from './metadata/instance.ts';
import { type MetadataService, startMetadataService } from './metadata/metadata-service.ts';
import { type Occurrence, occur, play } from './occurrence.ts';
import type { Scenario } from './scenario/scenario.ts';
import { type AwsServices, startAwsServices } from './services/services.ts';

export interface Simulation {
  /** The variables that lead the agent here instead of to AWS. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly host: SimulatedMachine;
  /** The simulated machine's files lie below this folder. */
  readonly root: string;
  readonly metadata: MetadataService;
  readonly aws: AwsServices;
  /** Lets something come over the node now. */
  occur(what: Occurrence): void;
  /** Stops everything; the machine's files are removed unless kept. */
  close(options?: { keep?: boolean }): Promise<void>;
}

/** Starts everything a scenario describes. Nothing outside a new temporary folder is touched. */
export async function startSimulation(scenario: Scenario): Promise<Simulation> {
  const clock = fasterClock(scenario.speed);
  const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-simulated-'));
  const root = join(folder, 'machine');
  const faults = scenario.faults;
  const metadata = await startMetadataService({
    instance: scenario.instance,
    clock,
    faults,
    startsAfterMs: scenario.metadataAfterSeconds * 1000,
    ...(scenario.userData !== undefined && { userData: scenario.userData }),
  });
  const host = await simulatedMachine({ root, description: scenario.machine, clock });
  const { targetGroups, loadBalancers } = checkedBalancers(scenario, host);
  const aws = await startAwsServices({
    world: { ...scenario.aws, targetGroups, loadBalancers },
    clock,
    faults,
    accepts: (accessKeyId, sessionToken) =>
      accessKeyId === simulatedCredentials.accessKeyId &&
      sessionToken === simulatedCredentials.sessionToken,
    heads: (instanceId, targetState) => {
      if (instanceId === scenario.instance.instance_id)
        metadata.set('meta-data/autoscaling/target-lifecycle-state', targetState);
    },
    power: (instanceId, how) => {
      if (instanceId === scenario.instance.instance_id && how === 'start')
        metadata.set(documentKey, identityDocument(scenario.instance, clock.now()));
    },
  });
  const over = new AbortController();
  const stage = { metadata, aws, clock, instanceId: scenario.instance.instance_id };
  play(scenario.timeline, stage, over.signal);
  return {
    env: {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
      AWS_ENDPOINT_URL: aws.url,
    },
    clock,
    host,
    root,
    metadata,
    aws,
    occur: (what) => occur(what, stage),
    async close(options = {}) {
      over.abort();
      await host.close();
      await Promise.all([metadata.close(), aws.close()]);
      if (options.keep !== true) rmSync(folder, { recursive: true, force: true });
    },
  };
}
