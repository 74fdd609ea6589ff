/** Instances launched in simulated EC2, and what becomes of them, asked for by the unmodified SDK. */
import {
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { rejection } from '../../../aws/connected.ts';
import { account, arm, debian } from './account.ts';

const one = { ImageId: debian, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 } as const;

async function run(client: EC2Client, input: Partial<RunInstancesCommandInput> = {}) {
  const { Instances = [] } = await client.send(new RunInstancesCommand({ ...one, ...input }));
  const ids = Instances.map(({ InstanceId = '' }) => InstanceId);
  return { ids, id: ids[0] ?? '', instances: Instances };
}

async function described(client: EC2Client, id: string) {
  const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations?.[0]?.Instances?.[0];
}

test('an instance is pending, then it runs; what it was launched with is told to its machine', async () => {
  const { client, launched } = await account();
  const { id, instances } = await run(client, {
    InstanceType: 'c6i.xlarge',
    SubnetId: 'subnet-00000000000000002',
    IamInstanceProfile: { Name: 'shop' },
    UserData: Buffer.from('#bootstrap-agent\n').toString('base64'),
    MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
    InstanceMarketOptions: { MarketType: 'spot' },
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'Class', Value: 'tomcat' }] },
      { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'root' }] },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeSize: 20, VolumeType: 'gp3', Encrypted: true, Iops: 4000 },
      },
      { DeviceName: '/dev/xvdb', Ebs: { VolumeSize: 5, DeleteOnTermination: false } },
      { DeviceName: '/dev/xvdc', VirtualName: 'ephemeral0' },
    ],
  });
  expect(instances[0]?.State).toEqual({ Code: 0, Name: 'pending' });
  await waitUntilInstanceRunning({ client, maxWaitTime: 60 }, { InstanceIds: [id] });
  expect(await described(client, id)).toMatchObject({
    InstanceType: 'c6i.xlarge',
    ImageId: debian,
    Architecture: 'x86_64',
    SubnetId: 'subnet-00000000000000002',
    PrivateIpAddress: '172.31.16.4',
    Placement: { AvailabilityZone: 'eu-west-1b' },
    Tags: [{ Key: 'Class', Value: 'tomcat' }],
    InstanceLifecycle: 'spot',
    IamInstanceProfile: { Arn: 'arn:aws:iam::123456789012:instance-profile/shop' },
    MetadataOptions: { HttpTokens: 'required', InstanceMetadataTags: 'enabled' },
    SecurityGroups: [{ GroupName: 'default' }],
  });
  expect(launched[0]).toMatchObject({
    instance: {
      instance_id: id,
      instance_type: 'c6i.xlarge',
      instance_profile: 'shop',
      private_ipv4: '172.31.16.4',
      zone: 'eu-west-1b',
      life_cycle: 'spot',
      tags: { Class: 'tomcat' },
      tags_in_metadata: true,
    },
    snapshotId: 'snap-0deb1a00000000012',
  });
  expect(launched[0]?.userData?.toString()).toBe('#bootstrap-agent\n');
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
  const { Volumes } = await client.send(new DescribeVolumesCommand({ Filters }));
  expect(Volumes).toMatchObject([
    { Size: 20, Encrypted: true, Iops: 4000, Tags: [{ Key: 'Name', Value: 'root' }] },
    { Size: 5, Attachments: [{ DeleteOnTermination: false, Device: '/dev/xvdb' }] },
  ]);
  await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitUntilInstanceTerminated({ client, maxWaitTime: 60 }, { InstanceIds: [id] });
  const left = await client.send(new DescribeVolumesCommand({}));
  expect(left.Volumes).toMatchObject([{ Size: 5, State: 'available' }]);
});

test('stop, start, reboot, terminate: the machine is asked, and a wrong state is refused', async () => {
  const { client, asked } = await account();
  const { id } = await run(client);
  const InstanceIds = [id];
  const waits = { client, maxWaitTime: 60 };
  await waitUntilInstanceRunning(waits, { InstanceIds });
  const { StoppingInstances } = await client.send(new StopInstancesCommand({ InstanceIds }));
  expect(StoppingInstances).toMatchObject([
    { InstanceId: id, PreviousState: { Name: 'running' }, CurrentState: { Name: 'stopping' } },
  ]);
  await waitUntilInstanceStopped(waits, { InstanceIds });
  const userData = { Value: Buffer.from('new') };
  await client.send(new ModifyInstanceAttributeCommand({ InstanceId: id, UserData: userData }));
  await client.send(
    new ModifyInstanceAttributeCommand({ InstanceId: id, InstanceType: { Value: 'm5.2xlarge' } }),
  );
  await client.send(new StartInstancesCommand({ InstanceIds }));
  await waitUntilInstanceRunning(waits, { InstanceIds });
  expect((await described(client, id))?.InstanceType).toBe('m5.2xlarge');
  const running = client.send(
    new ModifyInstanceAttributeCommand({ InstanceId: id, InstanceType: { Value: 'm5.large' } }),
  );
  expect((await rejection(running)).name).toBe('IncorrectInstanceState');
  await client.send(new RebootInstancesCommand({ InstanceIds }));
  const { InstanceStatuses } = await client.send(
    new DescribeInstanceStatusCommand({ InstanceIds }),
  );
  expect(InstanceStatuses).toMatchObject([{ InstanceStatus: { Status: 'ok' } }]);
  await client.send(
    new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: true } }),
  );
  const kept = client.send(new TerminateInstancesCommand({ InstanceIds }));
  expect((await rejection(kept)).name).toBe('OperationNotPermitted');
  await client.send(
    new ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: false } }),
  );
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  await waitUntilInstanceTerminated(waits, { InstanceIds });
  for (const command of [
    new StartInstancesCommand({ InstanceIds }),
    new StopInstancesCommand({ InstanceIds }),
  ])
    expect((await rejection(client.send(command as StartInstancesCommand))).name).toBe(
      'IncorrectInstanceState',
    );
  expect(asked.map((line) => line.split(' ')[0])).toEqual([
    ...['launch', 'stop', 'start', 'stop', 'start', 'terminate'],
  ]);
  const all = new DescribeInstanceStatusCommand({ IncludeAllInstances: true });
  expect((await client.send(all)).InstanceStatuses).toMatchObject([
    { InstanceState: { Name: 'terminated' }, SystemStatus: { Status: 'not-applicable' } },
  ]);
  expect((await client.send(new DescribeInstanceStatusCommand({}))).InstanceStatuses).toEqual([]);
});

test('a launch that cannot be is refused in the words of EC2', async () => {
  const { client, launched } = await account();
  const long = Buffer.alloc(16_385).toString('base64');
  const spaced = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'a b', Value: '' }] }];
  const cases: [Partial<RunInstancesCommandInput>, string, RegExp][] = [
    [{ ImageId: 'ami-0123' }, 'InvalidAMIID.NotFound', /'ami-0123' does not exist/],
    [{ ImageId: 'debian' }, 'InvalidAMIID.Malformed', /expecting "ami-/],
    [{ InstanceType: 'm7g.large' }, 'InvalidParameterValue', /'arm64' .* 'x86_64'/],
    [{ IamInstanceProfile: { Name: 'x' } }, 'InvalidParameterValue', /iamInstanceProfile/],
    [{ KeyName: 'mine' }, 'InvalidKeyPair.NotFound', /'mine'/],
    [{ SecurityGroupIds: ['sg-1'] }, 'InvalidGroup.NotFound', /sg-1/],
    [{ SubnetId: 'subnet-9' }, 'InvalidSubnetID.NotFound', /subnet-9/],
    [{ Placement: { AvailabilityZone: 'us-east-1a' } }, 'InvalidParameterValue', /us-east-1a/],
    [{ PrivateIpAddress: '10.1.2.3' }, 'InvalidParameterValue', /10\.1\.2\.3/],
    [{ UserData: long }, 'InvalidParameterValue', /limited to 16384 bytes/],
    [{ MinCount: 2, MaxCount: 1 }, 'InvalidParameterValue', /minCount/],
    [
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 1 } }] },
      'InvalidParameterValue',
      /smaller than snapshot/,
    ],
    [
      { MetadataOptions: { InstanceMetadataTags: 'enabled' }, TagSpecifications: spaced },
      'InvalidParameterValue',
      /valid tag key/,
    ],
    [{ DryRun: true }, 'DryRunOperation', /would have succeeded/],
  ];
  for (const [input, code, message] of cases) {
    const error = await rejection(run(client, input));
    expect([error.name, error.message]).toEqual([code, expect.stringMatching(message)]);
  }
  expect(launched).toEqual([]);
});

test('addresses are given out once, and again when they are free', async () => {
  const { client } = await account({
    network: {
      cidr: '10.9.0.0/16',
      subnets: [{ id: 'subnet-0a', cidr: '10.9.1.0/29', zone: 'eu-west-1a' }],
    },
  });
  const { ids, instances } = await run(client, { MaxCount: 3 });
  expect(instances.map((instance) => instance.PrivateIpAddress)).toEqual([
    '10.9.1.4',
    '10.9.1.5',
    '10.9.1.6',
  ]);
  expect((await rejection(run(client))).name).toBe('InsufficientFreeAddressesInSubnet');
  expect((await rejection(run(client, { PrivateIpAddress: '10.9.1.5' }))).name).toBe(
    'InvalidIPAddress.InUse',
  );
  await client.send(new TerminateInstancesCommand({ InstanceIds: ids.slice(0, 1) }));
  await waitUntilInstanceTerminated({ client, maxWaitTime: 60 }, { InstanceIds: ids.slice(0, 1) });
  expect((await run(client)).instances[0]?.PrivateIpAddress).toBe('10.9.1.4');
});

test('the same client token launches once', async () => {
  const { client, launched } = await account();
  const [first, second] = [
    await run(client, { ClientToken: 't' }),
    await run(client, { ClientToken: 't' }),
  ];
  expect(second.id).toBe(first.id);
  expect(launched).toHaveLength(1);
});

test('a machine that does not come up ends its instance, and says why', async () => {
  const { client } = await account({}, 'launch');
  const { id } = await run(client);
  await waitUntilInstanceTerminated({ client, maxWaitTime: 60 }, { InstanceIds: [id] });
  expect((await described(client, id))?.StateReason?.Message).toContain('no launch today');
  expect((await client.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
});

test('a machine that goes off by itself is stopped, or terminated where it was launched so', async () => {
  const { client, launched } = await account();
  const plain = await run(client);
  const passing = await run(client, { InstanceInitiatedShutdownBehavior: 'terminate' });
  const waits = { client, maxWaitTime: 60 };
  await waitUntilInstanceRunning(waits, { InstanceIds: [plain.id, passing.id] });
  for (const { wentOff } of launched) wentOff();
  await waitUntilInstanceStopped(waits, { InstanceIds: [plain.id] });
  await waitUntilInstanceTerminated(waits, { InstanceIds: [passing.id] });
});

test('metadata options: those of the image, those of the launch, those of today', async () => {
  const { client } = await account();
  const { id } = await run(client, { ImageId: arm, InstanceType: 'm7g.large' });
  expect((await described(client, id))?.MetadataOptions).toMatchObject({
    HttpTokens: 'required',
    HttpPutResponseHopLimit: 2,
    InstanceMetadataTags: 'disabled',
  });
  const changed = await client.send(
    new ModifyInstanceMetadataOptionsCommand({
      InstanceId: id,
      HttpTokens: 'optional',
      HttpPutResponseHopLimit: 3,
    }),
  );
  expect(changed.InstanceMetadataOptions).toMatchObject({
    State: 'pending',
    HttpTokens: 'optional',
  });
  expect((await described(client, id))?.MetadataOptions?.HttpPutResponseHopLimit).toBe(3);
  const hops = new ModifyInstanceMetadataOptionsCommand({
    InstanceId: id,
    HttpPutResponseHopLimit: 65,
  });
  expect((await rejection(client.send(hops))).name).toBe('InvalidParameterValue');
});

test('a group launches one instance more from an image: its hooks open, and its machine knows the group', async () => {
  const hooks = { ready: { transition: 'launching' } } as const;
  const { client, services, launched } = await account({
    groups: { web: { instances: {}, hooks } },
  });
  const id = services.scaleOut('web', { imageId: debian, instanceType: 't3.small' });
  expect(services.group('web')?.instances[id]?.lifecycleState).toBe('Pending:Wait');
  expect(launched[0]?.instance).toMatchObject({ instance_id: id, group: 'web' });
  expect((await described(client, id))?.Tags).toEqual([
    { Key: 'aws:autoscaling:groupName', Value: 'web' },
  ]);
});
