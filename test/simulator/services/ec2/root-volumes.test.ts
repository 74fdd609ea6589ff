/** Root volumes that are replaced while the instance stays what it is, as the unmodified SDK sees it. */
import {
  CreateReplaceRootVolumeTaskCommand,
  type CreateReplaceRootVolumeTaskCommandInput,
  DescribeInstancesCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeVolumesCommand,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import type { Machines } from '../../../../src/simulator/services/ec2/machines.ts';
import { rejection } from '../../../aws/connected.ts';
import { account, debian, images } from './account.ts';

const image = 'ami-0deb1a00000000013';

/** An instance that EC2 itself launched, with a new root volume asked for. */
async function replacing(
  wish: Omit<CreateReplaceRootVolumeTaskCommandInput, 'InstanceId'> = {},
  failing?: keyof Machines,
) {
  const other = { name: 'other', ownerId: '123456789012', architecture: 'x86_64' } as const;
  const { services, client, asked } = await account(
    { groups: { web: { instances: {} } }, images: { ...images, [image]: other } },
    failing,
  );
  const id = services.scaleOut('web', { imageId: debian, instanceType: 'm5.large' });
  await settled(() => services.instances.find(id)?.state === 'running');
  const described = async () => {
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({ InstanceIds: [id] }),
    );
    const [one] = Reservations.flatMap(({ Instances = [] }) => Instances);
    const root = one?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId;
    return { id: one?.InstanceId, state: one?.State?.Name, image: one?.ImageId, root };
  };
  const before = await described();
  const { ReplaceRootVolumeTask: begun } = await client.send(
    new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, ...wish }),
  );
  const task = async () => {
    const ids = [begun?.ReplaceRootVolumeTaskId ?? ''];
    const { ReplaceRootVolumeTasks: [one] = [] } = await client.send(
      new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds: ids }),
    );
    return one;
  };
  await settled(async () => (await task())?.TaskState !== 'in-progress');
  return { id, client, asked, before, begun, described, task };
}

async function settled(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('as at the launch: the same instance with another volume, and started anew', async () => {
  const { id, client, asked, before, begun, described, task } = await replacing();
  expect(begun).toMatchObject({ InstanceId: id, TaskState: 'in-progress' });
  expect(await task()).toMatchObject({ TaskState: 'succeeded', CompleteTime: expect.anything() });
  const after = await described();
  expect(after).toEqual({ ...before, root: after.root });
  expect(after.root).not.toBe(before.root);
  expect(asked.at(-1)).toMatch(new RegExp(`^replaceRoot ${id} snap-`));
  // The old volume is kept unless it was to go.
  const { Volumes: [old] = [] } = await client.send(
    new DescribeVolumesCommand({ VolumeIds: [before.root ?? ''] }),
  );
  expect(old?.State).toBe('available');
});

test('from another image, of which the instance is then; the old volume goes', async () => {
  const { client, before, described } = await replacing({
    ImageId: image,
    DeleteReplacedRootVolume: true,
  });
  expect((await described()).image).toBe(image);
  const gone = client.send(new DescribeVolumesCommand({ VolumeIds: [before.root ?? ''] }));
  expect(await rejection(gone)).toMatchObject({ name: 'InvalidVolume.NotFound' });
});

test('one that fails leaves the instance as it was', async () => {
  const { before, described, task } = await replacing({}, 'replaceRoot');
  expect(await task()).toMatchObject({ TaskState: 'failed' });
  expect(await described()).toEqual(before);
});

test.each([
  [{ ImageId: image, SnapshotId: 'snap-1' }, 'InvalidParameterCombination'],
  [{ SnapshotId: 'snap-1' }, 'InvalidSnapshot.NotFound'],
  [{ ImageId: 'ami-00000000000000bad' }, 'InvalidAMIID.NotFound'],
])('what cannot be is refused: %o', async (wish, name) => {
  expect(await rejection(replacing(wish))).toMatchObject({ name });
});

test('a task that there never was, and an instance that does not run', async () => {
  const { client } = await account();
  const asked = new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds: ['x-1'] });
  expect(await rejection(client.send(asked))).toMatchObject({ name: 'InvalidID.NotFound' });
  const { services, client: other } = await account({
    instances: { 'i-0a': { state: 'stopped' } },
  });
  expect(services.instances.find('i-0a')?.state).toBe('stopped');
  const wish = new CreateReplaceRootVolumeTaskCommand({ InstanceId: 'i-0a' });
  expect(await rejection(other.send(wish))).toMatchObject({ name: 'IncorrectInstanceState' });
});
