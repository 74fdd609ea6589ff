/** The object store of the AWS port against the simulated S3, over real HTTP, faults included. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ObjectChangedError } from '../../src/aws/aws.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import { collected, connected, rejection } from './connected.ts';

const war = { bucket: 'acme-releases', key: 'shop/shop.war' };

test('streams the current version and tells its size, version and ETag', async () => {
  const { aws, told } = await connected();
  const object = await aws.objects.open(war);
  expect(object).toMatchObject({ size: 16, versionId: 'w2' });
  expect(object.etag).toMatch(/^"[0-9a-f]{32}"$/);
  expect((await collected(object.body)).toString()).toBe('0123456789abcdef');
  expect(told).toMatchObject([
    { type: 'aws-called', service: 's3', operation: 'GetObject', outcome: 'ok' },
    { type: 'aws-received', service: 's3', operation: 'GetObject', bytes: 16 },
  ]);
});

test('opens an older version by its id', async () => {
  const { aws } = await connected();
  const object = await aws.objects.open({ ...war, versionId: 'w1' });
  expect((await collected(object.body)).toString()).toBe('old war');
});

test('resumes from a byte, pinned by the ETag', async () => {
  const { aws } = await connected();
  const { etag, body } = await aws.objects.open(war);
  await collected(body);
  const rest = await aws.objects.open(war, { from: 10, ifMatch: etag });
  expect(rest.size).toBe(16);
  expect((await collected(rest.body)).toString()).toBe('abcdef');
});

test('gives a range, and tells the size of the whole', async () => {
  const { aws } = await connected();
  const range = await aws.objects.open(war, { from: 2, to: 5 });
  expect(range).toMatchObject({ size: 16, end: 5 });
  expect((await collected(range.body)).toString()).toBe('234');
  const longer = await aws.objects.open(war, { from: 0, to: 100 });
  expect(longer).toMatchObject({ size: 16, end: 16 });
  expect((await collected(longer.body)).toString()).toBe('0123456789abcdef');
  const empty = await aws.objects.open({ bucket: 'acme-releases', key: 'empty' }, { to: 100 });
  expect(empty).toMatchObject({ size: 0, end: 0 });
  expect(await collected(empty.body)).toHaveLength(0);
});

test('says that an object was replaced since its ETag was seen', async () => {
  const { aws } = await connected();
  const error = await rejection(aws.objects.open(war, { from: 3, ifMatch: '"0"' }));
  expect(error).toBeInstanceOf(ObjectChangedError);
  expect(error.message).toContain('s3://acme-releases/shop/shop.war was replaced');
});

test('resuming at the very end gives nothing more; behind the end the object must have changed', async () => {
  const { aws } = await connected();
  const { etag, body } = await aws.objects.open(war);
  await collected(body);
  const atEnd = await aws.objects.open(war, { from: 16, ifMatch: etag });
  expect(atEnd).toMatchObject({ size: 16, etag });
  expect(await collected(atEnd.body)).toHaveLength(0);
  expect(await rejection(aws.objects.open(war, { from: 17 }))).toBeInstanceOf(ObjectChangedError);
});

test('an empty object has size 0 and no bytes', async () => {
  const { aws } = await connected();
  const object = await aws.objects.open({ bucket: 'acme-releases', key: 'empty' });
  expect(object.size).toBe(0);
  expect(await collected(object.body)).toHaveLength(0);
});

test('reads a small object whole, and refuses one that is larger than expected', async () => {
  const { aws } = await connected();
  const address = { bucket: 'acme-releases', key: 'shop/current' };
  const read = await aws.objects.read(address, { limit: 100 });
  expect(read).toMatchObject({ bytes: Buffer.from('2.4.1\n'), versionId: 'v1' });
  const error = await rejection(aws.objects.read(war, { limit: 10 }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('s3://acme-releases/shop/shop.war has 16 bytes; at most 10');
});

test('a missing bucket or key names what to correct', async () => {
  const { aws } = await connected();
  const bucket = await rejection(aws.objects.open({ bucket: 'acme-relaeses', key: 'k' }));
  expect(bucket).toBeInstanceOf(ConfigError);
  expect(bucket.message).toContain('\n  The bucket acme-relaeses does not exist');
  const key = await rejection(aws.objects.open({ ...war, key: 'shop/shpo.war' }));
  expect(key).toBeInstanceOf(ConfigError);
  expect(key.message).toContain('s3://acme-releases/shop/shpo.war');
  expect(key.message).toContain('404 NoSuchKey');
  const version = await rejection(aws.objects.open({ ...war, versionId: 'w9' }));
  expect(version.message).toContain('has no such version');
});

test('a bucket in another region names that region', async () => {
  const { aws } = await connected();
  const error = await rejection(aws.objects.open({ bucket: 'acme-us', key: 'k' }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('\n  It is in the region us-east-1, not in eu-west-1');
});

test('denied access names the permission and the 403 that hides a missing key', async () => {
  const { aws } = await connected({ world: { denied: ['s3:GetObject:acme-releases/shop/*'] } });
  const error = await rejection(aws.objects.read(war, { limit: 100 }));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('s3:GetObject on arn:aws:s3:::acme-releases/shop/shop.war');
  expect(error.message).toContain('s3:ListBucket on arn:aws:s3:::acme-releases');
  const { aws: blind } = await connected({ world: { denied: ['s3:ListBucket'] } });
  const missing = await rejection(blind.objects.open({ ...war, key: 'nowhere' }));
  expect(missing.message).toContain('403 AccessDenied');
});

test('an encrypted object whose key may not be used names kms:Decrypt', async () => {
  const message =
    'User is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext';
  const { aws } = await connected({
    faults: [
      { on: 's3:GetObject', do: { status: 403, code: 'KMS.AccessDeniedException', message } },
    ],
  });
  const error = await rejection(aws.objects.open(war));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('must be allowed kms:Decrypt');
});

test('reading waits out SlowDown, a reset and a body that was cut off', async () => {
  const { aws, told, ledger } = await connected({
    faults: [
      { on: 's3:GetObject', do: { status: 503, code: 'SlowDown' }, times: 2 },
      { on: 's3:GetObject', do: 'reset', times: 1 },
      { on: 's3:GetObject', do: { truncate_at: 5 }, times: 1 },
    ],
  });
  const { bytes } = await aws.objects.read(war, { limit: 100 });
  expect(bytes.toString()).toBe('0123456789abcdef');
  expect(ledger.of('s3').map(({ status }) => status)).toEqual([503, 503, 0, 200, 200]);
  const retries = told.filter(({ type }) => type === 'aws-retrying');
  expect(retries).toHaveLength(4);
  expect(retries[0]).toMatchObject({
    because: expect.stringContaining('AWS throttles the calls (503 SlowDown'),
  });
  expect(retries[2]).toMatchObject({ because: expect.stringContaining('ECONNRESET') });
  expect(retries[3]).toMatchObject({
    because: expect.stringMatching(/connection broke after 5 of 16 bytes/),
  });
});

test('opening is one attempt: the caller resumes', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 's3:GetObject', do: { status: 500, code: 'InternalError' }, times: 1 }],
  });
  expect(await rejection(aws.objects.open(war))).toBeInstanceOf(UnavailableError);
  expect(ledger.of('s3')).toHaveLength(1);
});

test('a body cut off while streaming is UnavailableError after the bytes that came', async () => {
  const { aws } = await connected({ faults: [{ on: 's3:GetObject', do: { truncate_at: 7 } }] });
  const { body, size } = await aws.objects.open(war);
  let came = '';
  const error = await rejection(
    (async () => {
      for await (const piece of body) came += Buffer.from(piece).toString();
    })(),
  );
  expect(came).toBe('0123456');
  expect(size).toBe(16);
  expect(error).toBeInstanceOf(UnavailableError);
});

test('an endpoint that never answers is unavailable, not a hang', async () => {
  const { aws } = await connected({
    faults: [{ on: 's3:GetObject', do: 'hang', times: 1 }],
    connect: { timeouts: { connectMs: 1000, idleMs: 300 } },
  });
  const error = await rejection(aws.objects.open(war));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error.message).toContain('no answer within 0.3 s; is there a route');
});

test('a body that stops in the middle is unavailable, not a hang; aborting need not wait for that', async () => {
  const { url } = await serving((response) => void response.write('0123456'));
  const { aws } = await connected({
    connect: { env: { AWS_ENDPOINT_URL_S3: url }, timeouts: { connectMs: 2000, idleMs: 2000 } },
  });
  const { body } = await aws.objects.open(war);
  const error = await rejection(collected(body));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error.message).toContain('the connection broke after 7 of 16 bytes');
  const stop = new AbortController();
  const reason = new Error('the boot was called off');
  const again = await aws.objects.open(war, { signal: stop.signal });
  const pieces = again.body[Symbol.asyncIterator]();
  expect((await pieces.next()).value).toHaveLength(7);
  const waiting = rejection(pieces.next());
  stop.abort(reason);
  expect(await waiting).toBe(reason);
});

test('a connection is used again after a body was read to its end', async () => {
  const { url, connections } = await serving((response) => void response.end('0123456789abcdef'));
  const { aws } = await connected({ connect: { env: { AWS_ENDPOINT_URL_S3: url } } });
  for (let reads = 0; reads < 3; reads += 1) {
    await aws.objects.read(war, { limit: 100 });
  }
  expect(connections()).toBe(1);
});

test('aborting ends a call, a wait and a body with the reason of the signal', async () => {
  const { aws, ledger } = await connected({
    faults: [{ on: 's3:GetObject:acme-releases/empty', do: 'hang' }],
  });
  const reason = new Error('the boot was called off');
  const before = rejection(aws.objects.open(war, { signal: AbortSignal.abort(reason) }));
  expect(await before).toBe(reason);
  const during = new AbortController();
  const call = rejection(
    aws.objects.read(
      { bucket: 'acme-releases', key: 'empty' },
      { limit: 1, signal: during.signal },
    ),
  );
  while (ledger.of('s3').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  during.abort(reason);
  expect(await call).toBe(reason);
  const streaming = new AbortController();
  const { body } = await aws.objects.open(war, { signal: streaming.signal });
  streaming.abort(reason);
  expect(await rejection(collected(body))).toBe(reason);
});

test('leaving a body early leaves the connection usable', async () => {
  const { aws } = await connected();
  const { body } = await aws.objects.open(war);
  for await (const piece of body) {
    expect(piece.length).toBeGreaterThan(0);
    break;
  }
  const again = await aws.objects.open(war);
  expect(await collected(again.body)).toHaveLength(16);
});

test('nothing listens: unavailable, and the message says so', async () => {
  const { aws, services } = await connected();
  await services.close();
  const error = await rejection(aws.objects.open(war));
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error.message).toContain('ECONNREFUSED');
});

/** A server that answers every request with headers for 16 bytes, and then as told. */
async function serving(answer: (response: ServerResponse) => void) {
  let connections = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': '16', etag: '"e"' });
    answer(response);
  }).on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections };
}

const note = { bucket: 'acme-releases', key: 'notes/one.json' };
const text = (words: string) => Buffer.from(words);

test('finds what is there, and nothing where there is no such key', async () => {
  const { aws } = await connected();
  expect(await aws.objects.find(note, { limit: 100 })).toBeUndefined();
  const { etag } = await aws.objects.write(note, text('one'));
  expect(await aws.objects.find(note, { limit: 100 })).toMatchObject({ bytes: text('one'), etag });
  const { aws: blind } = await connected({ world: { denied: ['s3:ListBucket'] } });
  expect(await rejection(blind.objects.find(note, { limit: 9 }))).toBeInstanceOf(ConfigError);
});

test('writes over nothing, or over what was read, and over nothing else', async () => {
  const { aws } = await connected();
  const { etag } = await aws.objects.write(note, text('one'), { over: 'nothing' });
  const second = await rejection(aws.objects.write(note, text('two'), { over: 'nothing' }));
  expect(second).toBeInstanceOf(ObjectChangedError);
  expect(second.message).toContain('s3://acme-releases/notes/one.json was written by another');
  await aws.objects.write(note, text('two'), { over: { etag } });
  const late = await rejection(aws.objects.write(note, text('three'), { over: { etag } }));
  expect(late).toBeInstanceOf(ObjectChangedError);
  expect((await aws.objects.find(note, { limit: 9 }))?.bytes).toEqual(text('two'));
});

test('of many that write over the same object at once, one does', async () => {
  const { aws } = await connected();
  const { etag } = await aws.objects.write(note, text('zero'));
  const writing = ['a', 'b', 'c', 'd', 'e'].map((name) =>
    aws.objects.write(note, text(name), { over: { etag } }),
  );
  const ends = await Promise.allSettled(writing);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a conflict with a write under way is waited out', async () => {
  const code = 'ConditionalRequestConflict';
  const { aws, ledger } = await connected({
    faults: [{ on: 's3:PutObject', do: { status: 409, code }, times: 2 }],
  });
  await aws.objects.write(note, text('one'), { over: 'nothing' });
  expect(ledger.of('s3').map(({ status }) => status)).toEqual([409, 409, 200]);
});

test('encrypts with the key that is named; one that may not be used is named with kms:GenerateDataKey', async () => {
  const { aws, services } = await connected();
  await aws.objects.write(note, text('one'), { kmsKey: 'alias/boots', type: 'application/json' });
  expect(services.objects.find(note.bucket, note.key)).toMatchObject({
    kmsKey: 'alias/boots',
    contentType: 'application/json',
  });
  const message = 'User is not authorized to perform: kms:GenerateDataKey on resource: alias/boots';
  const { aws: refused } = await connected({
    faults: [{ on: 's3:PutObject', do: { status: 403, code: 'AccessDenied', message } }],
  });
  const error = await rejection(refused.objects.write(note, text('one')));
  expect(error.message).toContain('must be allowed kms:GenerateDataKey');
});

test('a write that is denied names s3:PutObject and the key', async () => {
  const { aws } = await connected({ world: { denied: ['s3:PutObject'] } });
  const error = await rejection(aws.objects.write(note, text('one')));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('s3:PutObject on arn:aws:s3:::acme-releases/notes/one.json');
});
