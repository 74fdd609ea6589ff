/** The connection itself: endpoints, credentials, certificates, clock; what is loaded when. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { connectAws } from '../../src/aws/connect.ts';
import type { Credentials } from '../../src/aws/credentials.ts';
import { fasterClock, systemClock } from '../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { connected, instanceId, rejection } from './connected.ts';

const address = { bucket: 'acme-releases', key: 'shop/current' };
const offline = {
  region: 'eu-west-1',
  credentials: async () => ({ accessKeyId: 'AKIAROLE', secretAccessKey: 's' }),
  clock: systemClock,
  tell: () => undefined,
};

test('credentials of the environment win over those of the role', async () => {
  const seen: (string | undefined)[][] = [];
  const { services } = await connected({
    accepts: (...caller) => seen.push(caller) > 0,
  });
  const env = {
    AWS_ENDPOINT_URL: services.url,
    AWS_ACCESS_KEY_ID: 'AKIAENV',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_SESSION_TOKEN: 't',
  };
  const aws = connectAws({ ...offline, env });
  await aws.objects.read(address, { limit: 100 });
  aws.close();
  const { AWS_SESSION_TOKEN: _, ...keysOnly } = env;
  const withoutToken = connectAws({ ...offline, env: keysOnly });
  await withoutToken.objects.read(address, { limit: 100 });
  withoutToken.close();
  expect(seen).toEqual([
    ['AKIAENV', 't'],
    ['AKIAENV', undefined],
  ]);
});

test('half of the credentials in the environment is a configuration error', () => {
  const env = { AWS_ACCESS_KEY_ID: 'AKIAENV' };
  expect(() => connectAws({ ...offline, env })).toThrow(/AWS_SECRET_ACCESS_KEY is not/);
});

test('an endpoint of one service wins over the common one; what is no URL is told at once', async () => {
  const { services } = await connected();
  const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_S3: services.url };
  const aws = connectAws({ ...offline, env });
  expect((await aws.objects.read(address, { limit: 100 })).bytes.toString()).toBe('2.4.1\n');
  aws.close();
  const wrong = { AWS_ENDPOINT_URL_AUTO_SCALING: '127.0.0.1:80' };
  expect(() => connectAws({ ...offline, env: wrong })).toThrow(
    /AWS_ENDPOINT_URL_AUTO_SCALING must be the URL of an endpoint/,
  );
});

test('variables of the process itself are not read', async () => {
  const { aws, services } = await connected();
  process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:1';
  onTestFinished(() => void delete process.env.AWS_ENDPOINT_URL_S3);
  await aws.objects.read(address, { limit: 100 });
  expect(services.ledger.calls).toHaveLength(1);
});

test('expired credentials are fetched anew, once', async () => {
  const given = ['AKIAOLD', 'AKIANEW'];
  const refusals: (string | undefined)[] = [];
  let current = 0;
  const credentials = async (_?: AbortSignal, refused?: string): Promise<Credentials> => {
    refusals.push(refused);
    if (refused === given[current]) current += 1;
    return { accessKeyId: given[current] ?? 'AKIANEW', secretAccessKey: 's' };
  };
  const { aws, ledger, told } = await connected({
    faults: [{ on: 's3', do: { status: 400, code: 'ExpiredToken' }, times: 1 }],
    connect: { credentials },
  });
  await aws.objects.open(address);
  expect(refusals).toEqual([undefined, 'AKIAOLD']);
  expect(ledger.calls.map(({ status }) => status)).toEqual([400, 200]);
  expect(told).toContainEqual(
    expect.objectContaining({ type: 'aws-called', outcome: 'failed', error: 'ExpiredToken' }),
  );
});

test('credentials that stay expired are unavailable, not wrong', async () => {
  let asked = 0;
  const { aws, ledger } = await connected({
    faults: [{ on: 'autoscaling', do: { status: 403, code: 'ExpiredToken' }, times: 3 }],
    connect: {
      credentials: async () => {
        asked += 1;
        return { accessKeyId: `AKIA${asked}`, secretAccessKey: 's' };
      },
    },
  });
  const action = { group: 'web', hook: 'launch-hook', instanceId };
  const error = await rejection(aws.autoScaling.complete(action, 'CONTINUE'));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error.message).toContain('there are no newer ones');
  expect(ledger.calls).toHaveLength(2);
  const { aws: stuck, ledger: once } = await connected({
    faults: [{ on: 'autoscaling', do: { status: 403, code: 'ExpiredToken' } }],
  });
  await rejection(stuck.autoScaling.complete(action, 'CONTINUE'));
  expect(once.calls).toHaveLength(1);
});

test('credentials that are not there yet are waited for', async () => {
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    if (asked < 3) throw new UnavailableError('no role credentials yet');
    return { accessKeyId: 'AKIA', secretAccessKey: 's' };
  };
  const { aws, told } = await connected({ connect: { credentials } });
  await aws.objects.read(address, { limit: 100 });
  expect(told[0]).toMatchObject({ type: 'aws-retrying', because: 'no role credentials yet' });
});

test('credentials that AWS does not know are a configuration error, whatever the service calls them', async () => {
  const { aws } = await connected({ accepts: () => false });
  for (const call of [
    () => aws.objects.open(address),
    () => aws.secrets.read([{ from: 'prod/shop/db' }]),
    () => aws.autoScaling.describeHooks('web'),
    () => aws.tags.describe(instanceId),
  ]) {
    const error = await rejection(call());
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('AWS does not know the credentials');
  }
});

test('a clock that is far behind is put right by the Date of the answer, for all services', async () => {
  const { services } = await connected({ clock: fasterClock(1) });
  const told: unknown[] = [];
  const aws = connectAws({
    ...offline,
    env: { AWS_ENDPOINT_URL: services.url },
    clock: fasterClock(1, Date.now() - 20 * 60_000),
    tell: (happening) => told.push(happening),
  });
  onTestFinished(() => aws.close());
  await aws.objects.read(address, { limit: 100 });
  await aws.secrets.read([{ from: 'prod/shop/db' }]);
  await aws.autoScaling.describeHooks('web');
  expect(services.ledger.calls.map(({ status }) => status)).toEqual([403, 200, 200, 200]);
  expect(told).toContainEqual({
    type: 'warning',
    message: expect.stringMatching(/clock of this machine is \d+ s behind that of AWS/),
  });
});

test.each([
  ['secretsmanager', (aws: Connected) => aws.secrets.read([{ from: 'prod/shop/db' }])],
  ['autoscaling', (aws: Connected) => aws.autoScaling.describeHooks('web')],
  ['ec2', (aws: Connected) => aws.tags.describe(instanceId)],
] as const)(
  '%s refuses a wrong clock in its own words, and is understood',
  async (service, call) => {
    const { services } = await connected({ clock: fasterClock(1) });
    const aws = connectAws({
      ...offline,
      env: { AWS_ENDPOINT_URL: services.url },
      clock: fasterClock(1, Date.now() + 3_600_000),
    });
    onTestFinished(() => aws.close());
    await call(aws);
    expect(services.ledger.of(service).map(({ status }) => status)).toEqual([400, 200]);
  },
);

test('a clock that AWS keeps calling wrong is unavailable, and chrony is named', async () => {
  const { aws } = await connected({
    faults: [{ on: 's3', do: { status: 403, code: 'RequestTimeTooSkewed' } }],
  });
  const error = await rejection(aws.objects.open(address));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error.message).toContain('chrony');
});

test('a signature that is refused while the clocks agree is no matter of the clock', async () => {
  const { aws, ledger } = await connected({
    clock: systemClock,
    faults: [{ on: 's3', do: { status: 403, code: 'SignatureDoesNotMatch' } }],
  });
  expect(await rejection(aws.objects.open(address))).toBeInstanceOf(ConfigError);
  expect(ledger.calls).toHaveLength(1);
});

test('a certificate of an issuer in AWS_CA_BUNDLE is trusted, and without the bundle it is not', async () => {
  const { services } = await connected();
  const [key, cert] = ['key', 'cert'].map((name) =>
    join(import.meta.dirname, 'certificate', `${name}.pem`),
  ) as [string, string];
  const { port } = new URL(services.url);
  const tls = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (client) => {
    const upstream = connectTcp(Number(port), '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void tls.close());
  const AWS_ENDPOINT_URL = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  const trusting = connectAws({ ...offline, env: { AWS_ENDPOINT_URL, AWS_CA_BUNDLE: cert } });
  onTestFinished(() => trusting.close());
  expect((await trusting.objects.read(address, { limit: 100 })).bytes.toString()).toBe('2.4.1\n');
  const strict = connectAws({ ...offline, env: { AWS_ENDPOINT_URL } });
  onTestFinished(() => strict.close());
  const error = await rejection(strict.objects.read(address, { limit: 100 }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('AWS_CA_BUNDLE');
});

test.each([
  ['no HTTP at all', 'http', 'SSH-2.0-OpenSSH_9.2\r\n'],
  // A fatal alert, protocol_version (RFC 8446, 6.2): as of a proxy that speaks another TLS.
  ['a TLS alert', 'https', Buffer.from([21, 3, 3, 0, 2, 2, 70])],
] as const)('an endpoint that answers %s is unavailable, not a bug', async (_n, scheme, bytes) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const env = { AWS_ENDPOINT_URL: `${scheme}://127.0.0.1:${port}` };
  const aws = connectAws({ ...offline, env });
  onTestFinished(() => aws.close());
  expect(await rejection(aws.objects.open(address))).toBeInstanceOf(UnavailableError);
});

test('a bundle that cannot be used is a configuration error that names it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { AWS_CA_BUNDLE: join(folder, 'bundle.pem') };
  expect(() => connectAws({ ...offline, env })).toThrow(/which cannot be read \(ENOENT/);
  writeFileSync(env.AWS_CA_BUNDLE, 'no certificate');
  expect(() => connectAws({ ...offline, env })).toThrow(/holds no certificate in PEM form/);
});

test('a bucket name that no bucket can have is a configuration error', async () => {
  const { aws, ledger } = await connected();
  const error = await rejection(aws.objects.open({ bucket: 'arn:aws:s3:acme', key: 'k' }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('s3:GetObject of s3://arn:aws:s3:acme/k');
  expect(ledger.calls).toHaveLength(0);
});

test('no error carries what the request was signed with', async () => {
  const { aws } = await connected({
    faults: [
      { on: 's3', do: { status: 503 } },
      { on: 'secretsmanager', do: { truncate_at: 9 } },
    ],
    connect: {
      credentials: async () => ({
        accessKeyId: 'AKIACANARY',
        secretAccessKey: 'canary-of-the-key',
        sessionToken: 'canary-of-the-token',
      }),
      random: () => 0,
    },
  });
  for (const call of [
    () => aws.objects.open(address),
    () => aws.secrets.read([{ from: 'prod/shop/db' }]),
    () => aws.autoScaling.describeHooks('absent'),
  ]) {
    const error = await rejection(call());
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/canary/i);
  }
});

test('clients can be prepared ahead; closing before any use does no harm', async () => {
  const { aws, services } = await connected();
  await aws.prepare(['s3', 'autoscaling']);
  expect(services.ledger.calls).toHaveLength(0);
  await aws.objects.read(address, { limit: 100 });
  connectAws({ ...offline, env: {} }).close();
  expect(services.ledger.calls).toHaveLength(1);
});

type Connected = ReturnType<typeof connectAws>;
