/** Images of simulated EC2: found, made of an instance's disk, copied, shared, given up; by the unmodified SDK. */
import {
  CopyImageCommand,
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { rejection } from '../../../aws/connected.ts';
import { account, arm, debian } from './account.ts';

const owner = '136693071363';

async function running(client: EC2Client): Promise<string> {
  const input = { ImageId: debian, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 } as const;
  const { Instances } = await client.send(new RunInstancesCommand(input));
  const id = Instances?.[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning({ client, maxWaitTime: 60 }, { InstanceIds: [id] });
  return id;
}

async function imageOf(client: EC2Client, id: string) {
  const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
  return Images?.[0];
}

async function available(client: EC2Client, id = ''): Promise<string> {
  await waitUntilImageAvailable({ client, maxWaitTime: 60 }, { ImageIds: [id] });
  return id;
}

test('images are found by owner and filters, as templates look for their source', async () => {
  const { client } = await account();
  const found = async (Owners: string[], ...filters: [string, ...string[]][]) => {
    const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
    const { Images = [] } = await client.send(new DescribeImagesCommand({ Owners, Filters }));
    return Images.map(({ ImageId }) => ImageId);
  };
  const ebs = [
    ['root-device-type', 'ebs'],
    ['virtualization-type', 'hvm'],
  ] as [string, string][];
  expect(await found([owner], ['name', 'debian-12-*'], ...ebs)).toEqual([debian, arm]);
  expect(await found([owner], ['architecture', 'arm64'])).toEqual([arm]);
  expect(await found(['self'])).toEqual([]);
  expect(await found(['amazon'], ['name', 'al2023-*'])).toEqual([]);
  expect((await rejection(found([], ['nonsense', '1']))).name).toBe('InvalidParameterValue');
  const absent = new DescribeImagesCommand({ ImageIds: ['ami-0999'] });
  expect((await rejection(client.send(absent))).name).toBe('InvalidAMIID.NotFound');
});

test('an image keeps the disk of a stopped instance, and others are launched from it', async () => {
  const { client, asked, launched } = await account();
  const id = await running(client);
  await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await waitUntilInstanceStopped({ client, maxWaitTime: 60 }, { InstanceIds: [id] });
  const made = await client.send(
    new CreateImageCommand({
      InstanceId: id,
      Name: 'agent/tomcat 1',
      TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'Classes', Value: 'tomcat' }] }],
    }),
  );
  const ami = await available(client, made.ImageId);
  const image = await imageOf(client, ami);
  expect(image).toMatchObject({
    Name: 'agent/tomcat 1',
    OwnerId: '123456789012',
    Architecture: 'x86_64',
    RootDeviceName: '/dev/xvda',
    Public: false,
    Tags: [{ Key: 'Classes', Value: 'tomcat' }],
  });
  const snapshot = image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  expect(asked.slice(1)).toEqual([`stop ${id}`, `keepDisk ${id} ${snapshot}`]);
  const { Snapshots } = await client.send(
    new DescribeSnapshotsCommand({ SnapshotIds: [snapshot] }),
  );
  expect(Snapshots).toMatchObject([{ State: 'completed', Progress: '100%', VolumeSize: 8 }]);
  const again = new CreateImageCommand({ InstanceId: id, Name: 'agent/tomcat 1' });
  expect((await rejection(client.send(again))).name).toBe('InvalidAMIName.Duplicate');
  const short = new CreateImageCommand({ InstanceId: id, Name: 'a!' });
  expect((await rejection(client.send(short))).name).toBe('InvalidAMIName.Malformed');
  await client.send(
    new RunInstancesCommand({ ImageId: ami, InstanceType: 't3.small', MinCount: 1, MaxCount: 1 }),
  );
  expect(launched.at(-1)?.snapshotId).toBe(snapshot);
});

test('a running instance is off while its disk is kept, unless that is not wanted', async () => {
  const { client, asked } = await account();
  const id = await running(client);
  const live = await client.send(
    new CreateImageCommand({ InstanceId: id, Name: 'live', NoReboot: true }),
  );
  await available(client, live.ImageId);
  expect(asked.slice(1)).toEqual([expect.stringContaining(`keepDisk ${id}`)]);
  const quiet = await client.send(new CreateImageCommand({ InstanceId: id, Name: 'quiet' }));
  await available(client, quiet.ImageId);
  expect(asked.slice(2).map((line) => line.split(' ')[0])).toEqual(['stop', 'keepDisk', 'start']);
});

test('a disk that cannot be kept makes a failed image, with the reason', async () => {
  const { client } = await account({}, 'keepDisk');
  const id = await running(client);
  const { ImageId = '' } = await client.send(
    new CreateImageCommand({ InstanceId: id, Name: 'broken', NoReboot: true }),
  );
  const waited = waitUntilImageAvailable({ client, maxWaitTime: 60 }, { ImageIds: [ImageId] });
  await rejection(waited);
  expect(await imageOf(client, ImageId)).toMatchObject({
    State: 'failed',
    StateReason: { Message: expect.stringContaining('no keepDisk today') },
  });
  const launch = new RunInstancesCommand({
    ImageId,
    InstanceType: 't3.small',
    MinCount: 1,
    MaxCount: 1,
  });
  expect((await rejection(client.send(launch))).name).toBe('InvalidAMIID.Unavailable');
});

test('a copy is encrypted on the way; images and snapshots are shared and given up', async () => {
  const { client, asked } = await account();
  const id = await running(client);
  const { ImageId } = await client.send(
    new CreateImageCommand({ InstanceId: id, Name: 'plain', NoReboot: true }),
  );
  const plain = await available(client, ImageId);
  const copy = {
    SourceImageId: plain,
    SourceRegion: 'eu-west-1',
    Name: 'encrypted',
    Encrypted: true,
  };
  const made = await client.send(new CopyImageCommand({ ...copy, KmsKeyId: 'alias/images' }));
  const encrypted = await available(client, made.ImageId);
  const snapshotOf = async (image: string) =>
    (await imageOf(client, image))?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  const [from, to] = [await snapshotOf(plain), await snapshotOf(encrypted)];
  expect(asked.at(-1)).toBe(`copyDisk ${from} ${to}`);
  const { Snapshots } = await client.send(new DescribeSnapshotsCommand({ SnapshotIds: [to] }));
  expect(Snapshots).toMatchObject([{ Encrypted: true, KmsKeyId: 'alias/images' }]);
  const elsewhere = new CopyImageCommand({ ...copy, Name: 'other', SourceRegion: 'us-east-1' });
  expect((await rejection(client.send(elsewhere))).name).toBe('InvalidParameterValue');

  const share = { ImageId: encrypted, LaunchPermission: { Add: [{ UserId: '210987654321' }] } };
  await client.send(new ModifyImageAttributeCommand(share));
  await client.send(
    new ModifyImageAttributeCommand({ ImageId: encrypted, ImdsSupport: { Value: 'v2.0' } }),
  );
  await client.send(
    new ModifySnapshotAttributeCommand({
      SnapshotId: to,
      Attribute: 'createVolumePermission',
      OperationType: 'add',
      UserIds: ['210987654321'],
    }),
  );
  expect((await imageOf(client, encrypted))?.ImdsSupport).toBe('v2.0');
  const foreign = new ModifyImageAttributeCommand({ ImageId: debian, Description: { Value: 'x' } });
  expect((await rejection(client.send(foreign))).name).toBe('AuthFailure');

  const early = client.send(new DeleteSnapshotCommand({ SnapshotId: from }));
  expect((await rejection(early)).name).toBe('InvalidSnapshot.InUse');
  await client.send(new DeregisterImageCommand({ ImageId: plain }));
  await client.send(new DeleteSnapshotCommand({ SnapshotId: from }));
  expect(asked.at(-1)).toBe(`forgetDisk ${from}`);
  const gone = client.send(new DescribeSnapshotsCommand({ SnapshotIds: [from] }));
  expect((await rejection(gone)).name).toBe('InvalidSnapshot.NotFound');
});

test('tags of all kinds of resources; reserved keys and unknown resources are refused', async () => {
  const { client } = await account();
  const id = await running(client);
  const { Volumes } = await client.send(new DescribeVolumesCommand({}));
  const volume = Volumes?.[0]?.VolumeId ?? '';
  const Tags = [{ Key: 'Project', Value: 'shop' }];
  await client.send(new CreateTagsCommand({ Resources: [id, volume], Tags }));
  const tags = await client.send(
    new DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['volume'] }] }),
  );
  expect(tags.Tags).toEqual([
    { ResourceId: volume, ResourceType: 'volume', Key: 'Project', Value: 'shop' },
  ]);
  await client.send(new DeleteTagsCommand({ Resources: [volume], Tags: [{ Key: 'Project' }] }));
  expect((await client.send(new DescribeTagsCommand({}))).Tags).toMatchObject([{ ResourceId: id }]);
  const reserved = new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'aws:x', Value: '' }] });
  expect((await rejection(client.send(reserved))).name).toBe('InvalidParameterValue');
  const unknown = new CreateTagsCommand({ Resources: ['snap-0123'], Tags });
  expect((await rejection(client.send(unknown))).name).toBe('InvalidSnapshot.NotFound');
  const many = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
  const crowd = new CreateTagsCommand({ Resources: [id], Tags: many });
  expect((await rejection(client.send(crowd))).name).toBe('TagLimitExceeded');
  const attached = client.send(new DeleteVolumeCommand({ VolumeId: volume }));
  expect((await rejection(attached)).name).toBe('VolumeInUse');
});
