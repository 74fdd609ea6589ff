/** A connection to a simulated AWS over real HTTP, for the tests of the AWS port. */
import { onTestFinished } from 'vitest';
import { type ConnectOptions, connectAws } from '../../src/aws/connect.ts';
import { type Clock, fasterClock } from '../../src/clock.ts';
import type { Happening } from '../../src/events.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import {
  type AwsServicesOptions,
  startAwsServices,
} from '../../src/simulator/services/services.ts';
import type { AwsWorld } from '../../src/simulator/services/world.ts';

export const instanceId = 'i-0abc1234def567890';

/** An account with one of everything. */
export const world: AwsWorld = {
  region: 'eu-west-1',
  accountId: '123456789012',
  buckets: {
    'acme-releases': {
      'shop/current': { bytes: Buffer.from('2.4.1\n'), versionId: 'v1' },
      'shop/shop.war': [
        { bytes: Buffer.from('old war'), versionId: 'w1' },
        { bytes: Buffer.from('0123456789abcdef'), versionId: 'w2' },
      ],
      empty: { bytes: Buffer.alloc(0) },
    },
    'acme-us': {},
  },
  bucketRegions: { 'acme-us': 'us-east-1' },
  secrets: {
    'prod/shop/db': {
      value: '{"password":"correct horse"}',
      stages: { AWSPREVIOUS: { value: 'old' } },
    },
    'prod/shop/key': { value: Buffer.from([0, 255, 1, 254]) },
    'prod/shop/gone': { value: 'x', deleted: true },
  },
  groups: {
    web: {
      instances: { [instanceId]: {} },
      hooks: {
        'launch-hook': { transition: 'launching', heartbeatTimeoutSeconds: 60 },
        'drain-hook': { transition: 'terminating', defaultResult: 'CONTINUE' },
      },
    },
  },
  tags: { [instanceId]: { Class: 'tomcat', 'aws:autoscaling:groupName': 'web' } },
};

/** Starts the services and connects; both are closed when the test is over. Waits pass a hundred times as fast. */
export async function connected(
  options: {
    world?: Partial<AwsWorld>;
    faults?: readonly Fault[];
    accepts?: AwsServicesOptions['accepts'];
    connect?: Partial<ConnectOptions>;
    clock?: Clock;
    /** Told of what becomes of an instance. */
    follow?: Pick<AwsServicesOptions, 'heads' | 'power' | 'rootVolume'>;
  } = {},
) {
  const clock = options.clock ?? fasterClock(100);
  const services = await startAwsServices({
    world: { ...world, ...options.world },
    clock,
    ...(options.faults && { faults: options.faults }),
    ...(options.accepts && { accepts: options.accepts }),
    ...options.follow,
  });
  const told: Happening[] = [];
  const aws = connectAws({
    region: 'eu-west-1',
    env: { AWS_ENDPOINT_URL: services.url },
    credentials: async () => ({
      accessKeyId: 'AKIASIMULATED',
      secretAccessKey: 'simulated',
      sessionToken: 'simulated-token',
    }),
    clock,
    tell: (happening) => told.push(happening),
    ...options.connect,
  });
  onTestFinished(async () => {
    aws.close();
    await services.close();
  });
  return { services, aws, told, clock, ledger: services.ledger };
}

/** All of a body. */
export async function collected(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What a promise rejects with; fails the test where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  if (outcome === undefined) throw new Error('Expected a rejection');
  return outcome;
}
