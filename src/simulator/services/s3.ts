/** Simulated S3: GetObject, HeadObject, PutObject and ListObjectsV2, by REST and XML as in the S3 API reference. */
import type { Refusal } from '../faulty.ts';
import { type Buckets, type StoredObject, sizeOf } from './objects.ts';
import { header, type SimulatedRequest } from './request.ts';
import { checkConditions, type Span, spanOf } from './s3-conditions.ts';
import { objectListing } from './s3-listing.ts';
import { uploadedBytes } from './s3-upload.ts';
import { type Reply, type Service, type ServiceCall, ServiceError } from './service.ts';
import type { AwsWorld } from './world.ts';
import { xmlDocument } from './xml.ts';

export function s3(objects: Buckets, world: AwsWorld): Service {
  return {
    name: (request) => {
      const { bucket, key } = addressOf(request);
      const operation = operationOf(request, key);
      const action = actionOf(operation, request.query.has('versionId'));
      return { operation, subject: key === '' ? bucket : `${bucket}/${key}`, action };
    },
    perform: (call) => {
      const { bucket, key } = addressOf(call.request);
      checkBucket(objects, world, bucket);
      switch (call.operation) {
        case 'GetObject':
        case 'HeadObject':
          return get(objects, call, bucket, key);
        case 'PutObject':
          return put(objects, call.request, bucket, key);
        case 'ListObjectsV2':
          return objectListing(objects, bucket, call.request.query);
        default:
          throw new ServiceError(
            501,
            'NotImplemented',
            'A header or query you provided requests functionality that the simulated S3 does not have.',
          );
      }
    },
    refuse: ({ status, code, message }: Refusal) => ({
      status,
      headers: { 'content-type': 'application/xml' },
      body:
        status === 304
          ? ''
          : xmlDocument('Error', {
              Code: code ?? (status === 503 ? 'SlowDown' : 'InternalError'),
              Message: message ?? 'Please reduce your request rate. (simulated)',
              RequestId: 'SIMULATED',
              HostId: 'simulated',
            }),
    }),
    refusals: {
      unsigned: { status: 403, code: 'AccessDenied' },
      stranger: { status: 403, code: 'InvalidAccessKeyId' },
      skewed: { status: 403, code: 'RequestTimeTooSkewed' },
      denied: { status: 403, code: 'AccessDenied' },
    },
  };
}

/** Virtual-host style names the bucket in the host, `bucket.s3.region.amazonaws.com`; path style in the path. */
function addressOf(request: SimulatedRequest): { bucket: string; key: string } {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const virtual = /^(.+?)\.(?:s3[.-].*|localhost)$/.exec(host);
  const path = request.path.slice(1);
  if (virtual?.[1] !== undefined) return { bucket: virtual[1], key: path };
  const slash = path.indexOf('/');
  if (slash === -1) return { bucket: path, key: '' };
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}

function operationOf({ method, query }: SimulatedRequest, key: string): string {
  if (key === '') {
    if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  } else {
    if (method === 'GET') return 'GetObject';
    if (method === 'HEAD') return 'HeadObject';
    if (method === 'PUT') return 'PutObject';
  }
  return `${method} ${key === '' ? 'bucket' : 'object'}`;
}

/** Service authorization reference, "Actions, resources, and condition keys for Amazon S3". */
function actionOf(operation: string, versioned: boolean): string {
  if (operation === 'ListObjectsV2') return 'ListBucket';
  if (operation !== 'GetObject' && operation !== 'HeadObject') return operation;
  return versioned ? 'GetObjectVersion' : 'GetObject';
}

function checkBucket(objects: Buckets, world: AwsWorld, bucket: string): void {
  const region = world.bucketRegions?.[bucket];
  if (region !== undefined && region !== world.region) {
    throw new ServiceError(
      301,
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint.',
      { 'x-amz-bucket-region': region },
    );
  }
  if (objects.has(bucket)) return;
  throw new ServiceError(404, 'NoSuchBucket', 'The specified bucket does not exist');
}

async function get(
  objects: Buckets,
  call: ServiceCall,
  bucket: string,
  key: string,
): Promise<Reply> {
  const { request } = call;
  const versionId = request.query.get('versionId') ?? undefined;
  const object = objects.find(bucket, key, versionId);
  if (object === undefined) throw missing(call, bucket, versionId);
  const { etag, sha256 } = await objects.digests(object);
  checkConditions(request, etag);
  const size = sizeOf(object);
  const span = spanOf(header(request.headers, 'range'), size);
  const whole = span.length === size;
  const headers = {
    'content-type': object.contentType,
    'content-length': String(span.length),
    'accept-ranges': 'bytes',
    'last-modified': new Date(object.lastModified).toUTCString(),
    etag,
    ...encryptionOf(object),
    ...(object.versionId !== undefined && { 'x-amz-version-id': object.versionId }),
    ...(span.partial && {
      'content-range': `bytes ${span.from}-${span.from + span.length - 1}/${size}`,
    }),
    // A checksum of the object says nothing about a part of it (S3 user guide, checking-object-integrity).
    ...(whole &&
      header(request.headers, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && {
        'x-amz-checksum-sha256': sha256,
        'x-amz-checksum-type': 'FULL_OBJECT',
      }),
  };
  return { status: span.partial ? 206 : 200, headers, ...contentOf(object, span) };
}

function contentOf(
  { content }: StoredObject,
  { from, length }: Span,
): Pick<Reply, 'body' | 'file'> {
  if ('bytes' in content) return { body: content.bytes.subarray(from, from + length) };
  return { file: { path: content.file, from, length } };
}

/** Who may not list the bucket is not told that the key is missing (S3 API reference, GetObject, Permissions). */
function missing(call: ServiceCall, bucket: string, versionId: string | undefined): ServiceError {
  if (!call.allows('ListBucket', bucket))
    return new ServiceError(403, 'AccessDenied', 'Access Denied');
  if (versionId !== undefined) {
    return new ServiceError(404, 'NoSuchVersion', 'The specified version does not exist.');
  }
  return new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.');
}

/** S3 API reference, PutObject: what an object is encrypted with is told by the answers about it. */
function encryptionOf({ kmsKey }: StoredObject): Record<string, string> {
  if (kmsKey === undefined) return {};
  return {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKey,
  };
}

async function put(
  objects: Buckets,
  request: SimulatedRequest,
  bucket: string,
  key: string,
): Promise<Reply> {
  const bytes = uploadedBytes(request);
  const kmsKey = header(request.headers, 'x-amz-server-side-encryption-aws-kms-key-id');
  const type = header(request.headers, 'content-type');
  // Of several that may write over the same object only the first does: between check and write nothing else happens.
  for (let current = objects.find(bucket, key); ; current = objects.find(bucket, key)) {
    const etag = current === undefined ? undefined : (await objects.digests(current)).etag;
    if (objects.find(bucket, key) !== current) continue;
    checkConditions(request, etag);
    break;
  }
  const object = objects.put(bucket, key, bytes, {
    ...(type !== undefined && { contentType: type }),
    ...(kmsKey !== undefined && { kmsKey }),
  });
  const digests = await objects.digests(object);
  return {
    status: 200,
    headers: {
      etag: digests.etag,
      ...encryptionOf(object),
      ...(object.versionId !== undefined && { 'x-amz-version-id': object.versionId }),
    },
  };
}
