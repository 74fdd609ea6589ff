/** A simulated node: the metadata service and the machine of one instance, on the clock of its account. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type SimulatedMachine, simulatedMachine } from './machine/simulated-machine.ts';
import {
  type SimulatedCredentials,
  type SimulatedInstance,
  simulatedCredentials,
} from './metadata/instance.ts';
import {
  type MetadataRequest,
  type MetadataService,
  startMetadataService,
} from './metadata/metadata-service.ts';
import type { Scenario } from './scenario/scenario.ts';
import type { Pace } from './time/pace.ts';

export interface SimulatedNode {
  readonly instance: SimulatedInstance;
  readonly metadata: MetadataService;
  readonly host: SimulatedMachine;
  /** Its files lie below this folder. */
  readonly root: string;
  close(): Promise<void>;
}

export interface NodeOptions {
  readonly scenario: Scenario;
  /** The scenario's own, or one like it. */
  readonly instance: SimulatedInstance;
  /** A folder of its own. */
  readonly folder: string;
  readonly clock: Clock;
  readonly pace?: Pace | undefined;
  readonly credentials?: SimulatedCredentials;
  /** Told of each request to its metadata service, once it is answered. */
  readonly answered?: (request: MetadataRequest) => void;
}

export async function startNode(options: NodeOptions): Promise<SimulatedNode> {
  const { scenario, instance, folder, clock, pace, answered } = options;
  const { credentials = simulatedCredentials } = options;
  const metadata = await startMetadataService({
    instance,
    clock,
    credentials,
    faults: scenario.faults,
    ...(scenario.metadataAfterSeconds > 0 && {
      startsAfterMs: scenario.metadataAfterSeconds * 1000,
    }),
    ...(scenario.userData !== undefined && { userData: scenario.userData }),
    ...(pace && { pace }),
    ...(answered && { answered }),
  });
  const root = join(folder, 'machine');
  const host = await simulatedMachine({
    root,
    description: scenario.machine,
    clock,
    ...(pace && { bootId: bootIdOf(instance.instance_id) }),
  });
  return {
    instance,
    metadata,
    host,
    root,
    close: async () => void (await Promise.all([metadata.close(), host.close()])),
  };
}

/** A UUID that is the same at each run. */
function bootIdOf(instanceId: string): string {
  const hex = createHash('sha256').update(`boot of ${instanceId}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
