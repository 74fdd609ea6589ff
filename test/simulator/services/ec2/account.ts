/** An EC2 client at a simulated account with one image in it, and machines that write down what is asked of them. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/clock.ts';
import type { LaunchedMachine, Machines } from '../../../../src/simulator/services/ec2/machines.ts';
import { startAwsServices } from '../../../../src/simulator/services/services.ts';
import type { AwsWorld, SimulatedImage } from '../../../../src/simulator/services/world.ts';

export const debian = 'ami-0deb1a00000000012';
export const arm = 'ami-0deb1a00000000a12';

export const images: Record<string, SimulatedImage> = {
  [debian]: {
    name: 'debian-12-amd64-20260101',
    ownerId: '136693071363',
    architecture: 'x86_64',
    createdAt: '2026-01-01T00:00:00.000Z',
  },
  [arm]: {
    name: 'debian-12-arm64-20260101',
    ownerId: '136693071363',
    architecture: 'arm64',
    imdsSupport: 'v2.0',
  },
};

const world: AwsWorld = {
  region: 'eu-west-1',
  accountId: '123456789012',
  buckets: {},
  secrets: {},
  groups: {},
  tags: {},
  images,
  instanceProfiles: ['shop'],
};

/** `failing`: what a machine fails at. */
export async function account(more: Partial<AwsWorld> = {}, failing?: keyof Machines) {
  const asked: string[] = [];
  const launched: LaunchedMachine[] = [];
  const did =
    (deed: keyof Machines) =>
    async (...about: string[]) => {
      if (deed === failing) throw new Error(`no ${deed} today`);
      asked.push([deed, ...about].join(' '));
    };
  const machines: Machines = {
    launch: (machine) => {
      launched.push(machine);
      return did('launch')(machine.instance.instance_id, machine.snapshotId);
    },
    start: ({ instance }) => did('start')(instance.instance_id),
    stop: did('stop'),
    terminate: did('terminate'),
    replaceRoot: did('replaceRoot'),
    keepDisk: did('keepDisk'),
    copyDisk: did('copyDisk'),
    forgetDisk: did('forgetDisk'),
  };
  const services = await startAwsServices({
    world: { ...world, ...more },
    clock: systemClock,
    machines,
  });
  const client = new EC2Client({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
  });
  onTestFinished(async () => {
    client.destroy();
    await services.close();
  });
  return { services, client, asked, launched };
}
