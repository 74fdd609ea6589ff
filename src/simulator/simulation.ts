/** Simulation: a scenario brought to life: metadata, AWS and a machine of its own on one clock, all on loopback. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, fasterClock } from '../clock.ts';
import { startAccount } from './account.ts';
import type { LedgerEntry } from './ledger.ts';
import type { SimulatedMachine } from './machine/simulated-machine.ts';
import type { MetadataRequest, MetadataService } from './metadata/metadata-service.ts';
import { startNode } from './node.ts';
import { type Occurrence, occur, play } from './occurrence.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { AwsServices } from './services/services.ts';
import type { Pace } from './time/pace.ts';

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

/** Told of what the simulator answered, when it did. */
export interface Witness {
  metadata(instanceId: string, request: MetadataRequest): void;
  call(call: LedgerEntry): void;
}

export interface SimulationOptions {
  /** Without it the clock is this computer's, `scenario.speed` times as fast. It stays open: whoever made it closes it. */
  readonly pace?: Pace;
  readonly witness?: Witness;
}

/** Starts everything a scenario describes. Nothing outside a new temporary folder is touched. */
export async function startSimulation(
  scenario: Scenario,
  { pace, witness }: SimulationOptions = {},
): Promise<Simulation> {
  const clock = pace?.clock ?? fasterClock(scenario.speed);
  const folder = mkdtempSync(join(tmpdir(), 'bootstrap-agent-simulated-'));
  const { instance } = scenario;
  const { instance_id: instanceId } = instance;
  const node = await startNode({
    scenario,
    instance,
    folder,
    clock,
    pace,
    ...(witness && { answered: (request) => witness.metadata(instanceId, request) }),
  });
  const { metadata, host, root } = node;
  const aws = await startAccount({
    scenario,
    world: scenario.aws,
    nodes: [node],
    clock,
    pace,
    ...(witness && { answered: witness.call }),
  });
  const over = new AbortController();
  const stage = { metadata, aws, clock, instanceId };
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
      await Promise.all([node.close(), aws.close()]);
      if (options.keep !== true) rmSync(folder, { recursive: true, force: true });
    },
  };
}
