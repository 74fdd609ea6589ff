/** The simulated S3 as the unmodified SDK, and a plain HTTP client, see it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { spanOf } from '../../../src/simulator/services/s3-conditions.ts';
import type { AwsWorld } from '../../../src/simulator/services/world.ts';
import { connected, rejection } from '../../aws/connected.ts';
import fc from '../../random-examples.ts';

const Bucket = 'acme-releases';
const large = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7) % 251));

async function storage(
  world: Partial<AwsWorld> = {},
  faults: Parameters<typeof connected>[0] = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'large.bin'), large);
  writeFileSync(join(folder, 'none'), '');
  const { services } = await connected({
    ...faults,
    world: {
      buckets: {
        [Bucket]: {
          'a/large.bin': { file: join(folder, 'large.bin') },
          'a/none': { file: join(folder, 'none') },
          'a/b/one': { bytes: Buffer.from('one'), contentType: 'text/plain' },
          'a/b/two': { bytes: Buffer.from('two') },
          'z & "ü" <1>': { bytes: Buffer.from('odd') },
        },
        versioned: { k: [{ bytes: Buffer.from('1'), versionId: 'v1' }] },
      },
      ...world,
    },
  });
  const client = new S3Client({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return { client, services };
}

test('a file is served whole, with a checksum that the SDK itself verifies', async () => {
  const { client } = await storage();
  const answer = await client.send(
    new GetObjectCommand({ Bucket, Key: 'a/large.bin', ChecksumMode: 'ENABLED' }),
  );
  expect(answer.ChecksumType).toBe('FULL_OBJECT');
  expect(answer.ChecksumSHA256).toBe(createHash('sha256').update(large).digest('base64'));
  expect(answer.ETag).toBe(`"${createHash('md5').update(large).digest('hex')}"`);
  expect(Buffer.from((await answer.Body?.transformToByteArray()) ?? [])).toEqual(large);
});

test('a corrupted byte is found by that checksum', async () => {
  const { client } = await storage({}, { faults: [{ on: 's3', do: { corrupt_at: 1000 } }] });
  const answer = await client.send(
    new GetObjectCommand({ Bucket, Key: 'a/large.bin', ChecksumMode: 'ENABLED' }),
  );
  const error = await rejection(answer.Body?.transformToByteArray() ?? Promise.resolve());
  expect(error.message).toMatch(/checksum/i);
});

test('HEAD gives the headers without the bytes; an empty file is empty', async () => {
  const { client } = await storage();
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/large.bin' }));
  expect(head).toMatchObject({ ContentLength: large.length, AcceptRanges: 'bytes' });
  const text = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/b/one' }));
  expect(text).toMatchObject({ ContentLength: 3, ContentType: 'text/plain' });
  const none = await client.send(new GetObjectCommand({ Bucket, Key: 'a/none' }));
  expect(await none.Body?.transformToString()).toBe('');
  expect(await rejection(client.send(new HeadObjectCommand({ Bucket, Key: 'x' })))).toMatchObject({
    $metadata: { httpStatusCode: 404 },
  });
});

test('one range is answered with 206 and no checksum of the whole', async () => {
  const { client } = await storage();
  const answer = await client.send(
    new GetObjectCommand({
      Bucket,
      Key: 'a/large.bin',
      Range: 'bytes=100-109',
      ChecksumMode: 'ENABLED',
    }),
  );
  expect(answer).toMatchObject({
    $metadata: { httpStatusCode: 206 },
    ContentRange: 'bytes 100-109/300000',
    ContentLength: 10,
  });
  expect(answer.ChecksumSHA256).toBeUndefined();
  expect(Buffer.from((await answer.Body?.transformToByteArray()) ?? [])).toEqual(
    large.subarray(100, 110),
  );
});

test.each([
  ['bytes=0-', 0, 10, true],
  ['bytes=3-5', 3, 3, true],
  ['bytes=8-99', 8, 2, true],
  ['bytes=-4', 6, 4, true],
  ['bytes=-99', 0, 10, true],
  ['bytes=5-3', 0, 10, false],
  ['bytes=0-1,4-5', 0, 10, false],
  ['bytes=-', 0, 10, false],
  ['lines=1-2', 0, 10, false],
  [undefined, 0, 10, false],
])('range %s of ten bytes', (range, from, length, partial) => {
  expect(spanOf(range, 10)).toEqual({ from, length, partial });
});

test('a range outside the object is 416; any other lies inside it', () => {
  for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0']) {
    expect(() => spanOf(range, 10)).toThrow(/not satisfiable/);
  }
  fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 40 }), (from, to, size) => {
      fc.pre(from < size);
      const span = spanOf(`bytes=${from}-${to}`, size);
      expect(span.from + span.length).toBeLessThanOrEqual(size);
      expect(span.length).toBeGreaterThan(0);
    }),
  );
});

test('conditions: If-Match 412, If-None-Match 304', async () => {
  const { client } = await storage();
  const get = (extra: object) =>
    client.send(new GetObjectCommand({ Bucket, Key: 'a/b/one', ...extra }));
  const { ETag = '' } = await get({});
  expect((await get({ IfMatch: `"0", ${ETag}` })).$metadata.httpStatusCode).toBe(200);
  expect(await rejection(get({ IfMatch: '"0"' }))).toMatchObject({
    name: 'PreconditionFailed',
    $metadata: { httpStatusCode: 412 },
  });
  expect(await rejection(get({ IfNoneMatch: ETag }))).toMatchObject({
    $metadata: { httpStatusCode: 304 },
  });
  expect((await get({ IfNoneMatch: '"0"' })).$metadata.httpStatusCode).toBe(200);
});

test('an upload can be read back; conditions keep it from replacing what is there', async () => {
  const { client, services } = await storage();
  const put = (Key: string, Body: string, extra: object = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ...extra }));
  const { ETag = '' } = await put('new/key', 'hello', {
    ContentType: 'text/plain',
    IfNoneMatch: '*',
  });
  expect(services.objects.bytes(Bucket, 'new/key')?.toString()).toBe('hello');
  expect(await rejection(put('new/key', 'again', { IfNoneMatch: '*' }))).toMatchObject({
    $metadata: { httpStatusCode: 412 },
  });
  await put('new/key', 'changed', { IfMatch: ETag });
  expect(services.objects.bytes(Bucket, 'new/key')?.toString()).toBe('changed');
  expect(await rejection(put('absent', 'x', { IfMatch: ETag }))).toMatchObject({
    name: 'NoSuchKey',
  });
  expect(services.objects.bytes(Bucket, 'absent')).toBeUndefined();
});

test('an upload as a stream comes out of its framing; a bucket with versions adds one', async () => {
  const { client, services } = await storage();
  await client.send(
    new PutObjectCommand({
      Bucket: 'versioned',
      Key: 'k',
      Body: Readable.from([large.subarray(0, 100_000), large.subarray(100_000)]),
      ContentLength: large.length,
    }),
  );
  expect(services.objects.bytes('versioned', 'k')).toEqual(large);
  expect(services.objects.find('versioned', 'k', 'v1')?.content).toEqual({
    bytes: Buffer.from('1'),
  });
  const latest = await client.send(new HeadObjectCommand({ Bucket: 'versioned', Key: 'k' }));
  expect(latest.VersionId).toBe('simulated-2');
});

test('an upload whose checksum does not fit is refused', async () => {
  const { client } = await storage();
  const wrong = { Bucket, Key: 'k', Body: 'x', ContentMD5: Buffer.alloc(16).toString('base64') };
  expect(await rejection(client.send(new PutObjectCommand(wrong)))).toMatchObject({
    name: 'BadDigest',
  });
});

test('a bucket is listed by prefix and delimiter, page by page', async () => {
  const { client } = await storage();
  const all = await client.send(new ListObjectsV2Command({ Bucket }));
  expect(all.Contents?.map(({ Key }) => Key)).toEqual([
    'a/b/one',
    'a/b/two',
    'a/large.bin',
    'a/none',
    'z & "ü" <1>',
  ]);
  const level = await client.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'a/', Delimiter: '/' }),
  );
  expect(level.CommonPrefixes).toEqual([{ Prefix: 'a/b/' }]);
  expect(level.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([
    ['a/large.bin', 300_000],
    ['a/none', 0],
  ]);
  const seen: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, MaxKeys: 2, ...(token && { ContinuationToken: token }) }),
    );
    seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  expect(seen).toHaveLength(5);
});

test('what IAM does not allow is refused by the name that IAM has for it', async () => {
  const denied = ['s3:GetObjectVersion', `s3:ListBucket:${Bucket}`, 's3:GetObject:*/a/*'];
  const { client } = await storage({ denied });
  const forbidden = { $metadata: { httpStatusCode: 403 } };
  const head = new HeadObjectCommand({ Bucket, Key: 'a/none' });
  expect(await rejection(client.send(head))).toMatchObject(forbidden);
  const list = new ListObjectsV2Command({ Bucket });
  expect(await rejection(client.send(list))).toMatchObject({ ...forbidden, name: 'AccessDenied' });
  const version = { Bucket: 'versioned', Key: 'k' };
  await client.send(new HeadObjectCommand(version));
  const old = new HeadObjectCommand({ ...version, VersionId: 'v1' });
  expect(await rejection(client.send(old))).toMatchObject(forbidden);
});

test('a key with odd characters is found', async () => {
  const { client } = await storage();
  const answer = await client.send(new GetObjectCommand({ Bucket, Key: 'z & "ü" <1>' }));
  expect(await answer.Body?.transformToString()).toBe('odd');
});

test.each([`${Bucket}.s3.eu-west-1.amazonaws.com`, `${Bucket}.localhost`])(
  'the bucket can stand in the host name %s',
  async (host) => {
    const { services } = await storage();
    const { status, body, server } = await plainGet(`${services.url}/a/b/one`, host);
    expect({ status, body }).toEqual({ status: 200, body: 'one' });
    expect(server).toBe('bootstrap-agent-simulator (simulated AWS)');
  },
);

test('what the simulated S3 does not do says so', async () => {
  const { services } = await storage();
  const { status, body } = await plainGet(`${services.url}/${Bucket}?acl`);
  expect(status).toBe(501);
  expect(body).toContain('<Code>NotImplemented</Code>');
});

/** Signed as far as the simulator looks: scope and date. */
function plainGet(
  url: string,
  host?: string,
): Promise<{ status: number; body: string; server: string }> {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=AKIA/${now.slice(0, 8)}/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
    'x-amz-date': now,
    ...(host && { host }),
  };
  return new Promise((resolve, reject) => {
    request(url, { headers }, async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece as Buffer);
      resolve({
        status: response.statusCode ?? 0,
        body: Buffer.concat(pieces).toString(),
        server: String(response.headers.server),
      });
    })
      .on('error', reject)
      .end();
  });
}
