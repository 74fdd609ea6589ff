/** The front of the simulated AWS: who may call, what the ledger holds, faults; and the smaller services by the SDK. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { DescribeInstancesCommand, DescribeTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  BatchGetSecretValueCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { xmlDocument } from '../../../src/simulator/services/xml.ts';
import { connected, instanceId, rejection, world } from '../../aws/connected.ts';

const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
const address = { bucket: 'acme-releases', key: 'shop/current' };

test('the ledger holds every call with service, operation, subject, status and attempt', async () => {
  // With a hook that waits an hour: a minute of this clock is over before the SDK is loaded on a busy machine.
  const hooks = { 'launch-hook': { transition: 'launching' } } as const;
  const { aws, ledger, clock } = await connected({
    faults: [{ on: 's3:GetObject:acme-releases/*', do: { status: 503 }, times: 1 }],
    world: { groups: { web: { instances: { [instanceId]: {} }, hooks } } },
  });
  await aws.objects.read(address, { limit: 10 });
  await aws.secrets.read([{ from: 'prod/shop/db' }]);
  await aws.autoScaling.heartbeat({ group: 'web', hook: 'launch-hook', instanceId });
  expect(ledger.calls.map(({ at: _, caller: __, ...call }) => call)).toEqual([
    {
      service: 's3',
      operation: 'GetObject',
      subject: 'acme-releases/shop/current',
      status: 503,
      attempt: 1,
    },
    {
      service: 's3',
      operation: 'GetObject',
      subject: 'acme-releases/shop/current',
      status: 200,
      attempt: 2,
    },
    {
      service: 'secretsmanager',
      operation: 'GetSecretValue',
      subject: 'prod/shop/db',
      status: 200,
      attempt: 1,
    },
    {
      service: 'autoscaling',
      operation: 'RecordLifecycleActionHeartbeat',
      subject: `web/launch-hook/${instanceId}`,
      status: 200,
      attempt: 1,
    },
  ]);
  const times = ledger.calls.map(({ at }) => at);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
  expect(times.at(-1)).toBeLessThanOrEqual(clock.now());
});

test('it answers on connections that others accepted, and cuts them when it closes', async () => {
  const { services } = await connected();
  const front = createServer((socket) => services.answerOn(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => void front.close());
  await once(front, 'listening');
  const { port } = front.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/acme-releases/shop/current`);
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const cut = once(idle, 'close');
  await services.close();
  await cut;
});

test('a delayed answer is a right one', async () => {
  const { aws } = await connected({ faults: [{ on: 's3', do: { delay_ms: 500 } }] });
  expect((await aws.objects.read(address, { limit: 10 })).bytes.toString()).toBe('2.4.1\n');
});

test('a request that nobody signed is refused; one to a service that is not simulated says so', async () => {
  const { services } = await connected();
  const unsigned = await fetch(`${services.url}/acme-releases/shop/current`);
  expect(unsigned.status).toBe(403);
  expect(await unsigned.text()).toContain('<Code>AccessDenied</Code>');
  const stranger = await fetch(services.url, {
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/dynamodb/aws4_request',
      'x-amz-date': '20260101T000000Z',
    },
  });
  expect(stranger.status).toBe(501);
  expect(await stranger.text()).toContain('no service dynamodb');
  expect(services.ledger.calls).toHaveLength(1);
});

test('closing cuts what hangs', async () => {
  const { aws, services } = await connected({ faults: [{ on: 's3', do: 'hang' }] });
  const call = rejection(aws.objects.open(address));
  while (services.ledger.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await services.close();
  expect((await call).name).toBe('UnavailableError');
});

test('secrets are described, refused in parts, and limited to twenty a batch', async () => {
  const { services } = await connected({ clock: systemClock });
  const client = new SecretsManagerClient({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials,
  });
  onTestFinished(() => client.destroy());
  const described = await client.send(new DescribeSecretCommand({ SecretId: 'prod/shop/db' }));
  expect(described.Name).toBe('prod/shop/db');
  expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([
    ['AWSCURRENT'],
    ['AWSPREVIOUS'],
  ]);
  const batch = await client.send(
    new BatchGetSecretValueCommand({ SecretIdList: ['prod/shop/key', 'absent', 'prod/shop/gone'] }),
  );
  expect(batch.SecretValues?.map(({ Name }) => Name)).toEqual(['prod/shop/key']);
  expect(batch.Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode])).toEqual([
    ['absent', 'ResourceNotFoundException'],
    ['prod/shop/gone', 'InvalidRequestException'],
  ]);
  const many = Array.from({ length: 21 }, (_, n) => `s${n}`);
  for (const ids of [many, []]) {
    const error = await rejection(
      client.send(new BatchGetSecretValueCommand({ SecretIdList: ids })),
    );
    expect(error.name).toBe('ValidationException');
  }
  const version = { SecretId: 'prod/shop/db', VersionId: '00000000-0000-4000-8000-000000000000' };
  expect((await rejection(client.send(new GetSecretValueCommand(version)))).name).toBe(
    'ResourceNotFoundException',
  );
});

test('EC2 gives tags in pages and by filter, and the instances it knows', async () => {
  const { services } = await connected({ clock: systemClock });
  const client = new EC2Client({ region: 'eu-west-1', endpoint: services.url, credentials });
  onTestFinished(() => client.destroy());
  const first = await client.send(new DescribeTagsCommand({ MaxResults: 1 }));
  expect(first.Tags).toHaveLength(1);
  const next = await client.send(
    new DescribeTagsCommand({
      MaxResults: 5,
      ...(first.NextToken && { NextToken: first.NextToken }),
    }),
  );
  expect([...(first.Tags ?? []), ...(next.Tags ?? [])].map(({ Key }) => Key)).toEqual(
    Object.keys(world.tags[instanceId] ?? {}),
  );
  const one = await client.send(
    new DescribeTagsCommand({
      Filters: [
        { Name: 'resource-id', Values: ['i-other', instanceId] },
        { Name: 'key', Values: ['Class'] },
      ],
    }),
  );
  expect(one.Tags).toEqual([
    { ResourceId: instanceId, ResourceType: 'instance', Key: 'Class', Value: 'tomcat' },
  ]);
  const instances = await client.send(new DescribeInstancesCommand({}));
  expect(instances.Reservations?.[0]?.Instances).toMatchObject([
    {
      InstanceId: instanceId,
      State: { Name: 'running' },
      Placement: { AvailabilityZone: 'eu-west-1a' },
    },
  ]);
  const absent = client.send(
    new DescribeInstancesCommand({ InstanceIds: ['i-0000000000000000f'] }),
  );
  expect((await rejection(absent)).name).toBe('InvalidInstanceID.NotFound');
});

test('an operation that is not simulated is refused by each service', async () => {
  const { services } = await connected({ clock: systemClock });
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  for (const service of ['autoscaling', 'ec2', 'elasticloadbalancing', 'secretsmanager']) {
    const answer = await fetch(services.url, {
      method: 'POST',
      body: 'Action=Nonsense',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/${service}/aws4_request`,
        'x-amz-date': now,
      },
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(/InvalidAction|UnknownOperationException/);
  }
});

test('XML: lists repeat their element, absent things are left out, text is escaped', () => {
  const document = { A: [1, 2], B: undefined, C: { D: `<&>"\r` }, E: new Date(0), F: false };
  expect(xmlDocument('R', document, 'urn:x')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="urn:x"><A>1</A><A>2</A><C><D>&lt;&amp;&gt;&quot;&#xD;</D></C><E>1970-01-01T00:00:00.000Z</E><F>false</F></R>',
  );
});

test('a request that cannot be read is cut off', async () => {
  const { services } = await connected();
  await expect(fetch(`${services.url}/%ff`)).rejects.toThrow();
  expect(services.ledger.calls).toHaveLength(0);
});
