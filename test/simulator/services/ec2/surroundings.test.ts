/** What is around instances in simulated EC2: keys, security groups, networks and places; by the unmodified SDK. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeAccountAttributesCommand,
  DescribeAvailabilityZonesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  ImportKeyPairCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { rejection } from '../../../aws/connected.ts';
import { account, debian } from './account.ts';

const launch = { ImageId: debian, InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 } as const;

/** The strings of SSH's wire format. */
function strings(blob: Buffer): Buffer[] {
  if (blob.length < 4) return [];
  const end = 4 + blob.readUInt32BE(0);
  return [blob.subarray(4, end), ...strings(blob.subarray(end))];
}

const blobOf = (openssh = '') => Buffer.from(openssh.split(' ')[1] ?? '', 'base64');

test('an RSA key pair: the private half in PEM, the public half at the machine', async () => {
  const { client, launched } = await account();
  const pair = await client.send(
    new CreateKeyPairCommand({
      KeyName: 'packer',
      TagSpecifications: [{ ResourceType: 'key-pair', Tags: [{ Key: 'Name', Value: 'build' }] }],
    }),
  );
  expect(pair.KeyFingerprint).toMatch(/^([0-9a-f]{2}:){19}[0-9a-f]{2}$/);
  await client.send(new RunInstancesCommand({ ...launch, KeyName: 'packer' }));
  const { name, public_key: openssh } = launched[0]?.instance.key_pair ?? {};
  expect([name, openssh?.split(' ')[0]]).toEqual(['packer', 'ssh-rsa']);
  const [, , modulus] = strings(blobOf(openssh));
  const own = createPublicKey(createPrivateKey(pair.KeyMaterial ?? '')).export({ format: 'jwk' });
  expect(modulus?.subarray(1).toString('base64url')).toBe(own.n);
  const keys = await client.send(new DescribeKeyPairsCommand({ KeyNames: ['packer'] }));
  expect(keys.KeyPairs).toMatchObject([
    { KeyType: 'rsa', Tags: [{ Key: 'Name', Value: 'build' }] },
  ]);
  const again = client.send(new CreateKeyPairCommand({ KeyName: 'packer' }));
  expect((await rejection(again)).name).toBe('InvalidKeyPair.Duplicate');
  await client.send(new DeleteKeyPairCommand({ KeyName: 'packer' }));
  await client.send(new DeleteKeyPairCommand({ KeyName: 'packer' }));
  const gone = client.send(new DescribeKeyPairsCommand({ KeyNames: ['packer'] }));
  expect((await rejection(gone)).name).toBe('InvalidKeyPair.NotFound');
});

test('an ED25519 key pair: the private half in OpenSSH format, made of the public one', async () => {
  const { client, launched } = await account();
  const pair = await client.send(new CreateKeyPairCommand({ KeyName: 'k', KeyType: 'ed25519' }));
  const lines = (pair.KeyMaterial ?? '').trim().split('\n');
  expect([lines[0], lines.at(-1)]).toEqual([
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    '-----END OPENSSH PRIVATE KEY-----',
  ]);
  const bytes = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  const magic = 'openssh-key-v1\0';
  expect(bytes.subarray(0, magic.length).toString()).toBe(magic);
  const [cipher, kdf] = strings(bytes.subarray(magic.length));
  expect([String(cipher), String(kdf)]).toEqual(['none', 'none']);
  const body = bytes.subarray(magic.length + 4 + 4 + 4 + 4 + 4 + 4);
  const [publicBlob, privatePart = Buffer.alloc(0)] = strings(body);
  expect(privatePart.length % 8).toBe(0);
  expect(privatePart.readUInt32BE(0)).toBe(privatePart.readUInt32BE(4));
  const [, half, secret = Buffer.alloc(0)] = strings(privatePart.subarray(8));
  const seed = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    secret.subarray(0, 32),
  ]);
  const key = createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  expect(half?.toString('base64url')).toBe(x);
  await client.send(new RunInstancesCommand({ ...launch, KeyName: 'k' }));
  expect(blobOf(launched[0]?.instance.key_pair?.public_key)).toEqual(publicBlob);
});

test('a key of one’s own is imported: its fingerprint is the one that EC2 gives it', async () => {
  const { client } = await account();
  const { KeyMaterial = '' } = await client.send(new CreateKeyPairCommand({ KeyName: 'rsa' }));
  const { n = '', e = '' } = createPublicKey(createPrivateKey(KeyMaterial)).export({
    format: 'jwk',
  });
  const part = (bytes: Buffer) =>
    Buffer.concat([Buffer.from([0, 0, bytes.length >> 8, bytes.length & 255]), bytes]);
  const wire = [
    Buffer.from('ssh-rsa'),
    Buffer.from(e, 'base64url'),
    Buffer.concat([Buffer.alloc(1), Buffer.from(n, 'base64url')]),
  ];
  const line = `ssh-rsa ${Buffer.concat(wire.map(part)).toString('base64')} me`;
  const imported = await client.send(
    new ImportKeyPairCommand({ KeyName: 'mine', PublicKeyMaterial: Buffer.from(line) }),
  );
  expect(imported.KeyFingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
  const nonsense = { KeyName: 'other', PublicKeyMaterial: Buffer.from('not a key') };
  expect((await rejection(client.send(new ImportKeyPairCommand(nonsense)))).name).toBe(
    'InvalidKey.Format',
  );
  const putty = new CreateKeyPairCommand({ KeyName: 'p', KeyFormat: 'ppk' });
  expect((await rejection(client.send(putty))).name).toBe('InvalidParameterValue');
});

test('a security group: made, opened once, kept while an instance has it', async () => {
  const { client } = await account();
  const { GroupId = '' } = await client.send(
    new CreateSecurityGroupCommand({ GroupName: 'packer', Description: 'for a build' }),
  );
  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  const open = { GroupId, IpPermissions: [ssh] };
  await client.send(new AuthorizeSecurityGroupIngressCommand(open));
  const twice = client.send(new AuthorizeSecurityGroupIngressCommand(open));
  expect((await rejection(twice)).name).toBe('InvalidPermission.Duplicate');
  const { SecurityGroups } = await client.send(
    new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }),
  );
  expect(SecurityGroups).toMatchObject([{ GroupName: 'packer', IpPermissions: [ssh] }]);
  const same = new CreateSecurityGroupCommand({ GroupName: 'packer', Description: 'x' });
  expect((await rejection(client.send(same))).name).toBe('InvalidGroup.Duplicate');

  const { Instances } = await client.send(
    new RunInstancesCommand({ ...launch, SecurityGroupIds: [GroupId] }),
  );
  const InstanceIds = [Instances?.[0]?.InstanceId ?? ''];
  const busy = client.send(new DeleteSecurityGroupCommand({ GroupId }));
  expect((await rejection(busy)).name).toBe('DependencyViolation');
  await client.send(new TerminateInstancesCommand({ InstanceIds }));
  await waitUntilInstanceTerminated({ client, maxWaitTime: 60 }, { InstanceIds });
  await client.send(new DeleteSecurityGroupCommand({ GroupId }));
  const gone = client.send(new DescribeSecurityGroupsCommand({ GroupNames: ['packer'] }));
  expect((await rejection(gone)).name).toBe('InvalidGroup.NotFound');
  const left = await client.send(new DescribeSecurityGroupsCommand({}));
  expect(left.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(['default']);
  const own = client.send(new DeleteSecurityGroupCommand({ GroupName: 'default' }));
  expect((await rejection(own)).name).toBe('CannotDelete');
});

test('the default VPC with its subnets, the Region with its zones, what the account may', async () => {
  const { client } = await account();
  const vpcs = await client.send(
    new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
  );
  expect(vpcs.Vpcs).toMatchObject([{ CidrBlock: '172.31.0.0/16', IsDefault: true }]);
  const subnets = await client.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'availability-zone', Values: ['*c'] }] }),
  );
  expect(subnets.Subnets).toMatchObject([
    { AvailabilityZone: 'eu-west-1c', CidrBlock: '172.31.32.0/20', AvailableIpAddressCount: 4091 },
  ]);
  const { AvailabilityZones } = await client.send(new DescribeAvailabilityZonesCommand({}));
  expect(AvailabilityZones?.map(({ ZoneName }) => ZoneName)).toEqual([
    'eu-west-1a',
    'eu-west-1b',
    'eu-west-1c',
  ]);
  const { Regions } = await client.send(new DescribeRegionsCommand({}));
  expect(Regions).toMatchObject([{ RegionName: 'eu-west-1' }]);
  const mars = client.send(new DescribeRegionsCommand({ RegionNames: ['mars-1'] }));
  expect((await rejection(mars)).name).toBe('InvalidParameterValue');
  const { AccountAttributes } = await client.send(new DescribeAccountAttributesCommand({}));
  expect(AccountAttributes?.[0]?.AttributeValues?.[0]?.AttributeValue).toBe('VPC');
  for (const command of [
    new DescribeVpcsCommand({ VpcIds: ['vpc-9'] }),
    new DescribeSubnetsCommand({ SubnetIds: ['subnet-9'] }),
  ])
    expect((await rejection(client.send(command as DescribeVpcsCommand))).name).toMatch(
      /NotFound$/,
    );
});
