/** S3 behind the port: objects opened for streaming, small ones read and written whole. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ConfigError, UnavailableError } from '../errors.ts';
import { partitionOf } from './arn.ts';
import {
  type ObjectAddress,
  ObjectChangedError,
  type ObjectStore,
  type ObjectStream,
  type ObjectWriter,
  type OpenOptions,
  type WriteOptions,
} from './aws.ts';
import type { Connection } from './connection.ts';
import { causeOf, type Wanted } from './errors.ts';
import { objectBody } from './object-body.ts';
import type { ClientSettings } from './settings.ts';

export function objectStore(
  connection: Connection,
  settings: ClientSettings,
): ObjectStore & ObjectWriter & { close(): void } {
  const client = new S3Client({
    ...settings,
    // An endpoint of one's own has no DNS name for each bucket.
    forcePathStyle: settings.endpoint !== undefined,
    useArnRegion: false,
    disableS3ExpressSessionAuth: false,
    // The reader of an artifact checks its sha256; a second checksum over the same bytes would only cost CPU.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

  async function open(address: ObjectAddress, options: OpenOptions = {}): Promise<OpenObject> {
    const { from = 0, to, ifMatch, signal } = options;
    const wanted = wantedObject(address, connection.region);
    const command = new GetObjectCommand({
      Bucket: address.bucket,
      Key: address.key,
      ...(address.versionId !== undefined && { VersionId: address.versionId }),
      ...((from > 0 || to !== undefined) && {
        Range: `bytes=${from}-${to === undefined ? '' : to - 1}`,
      }),
      ...(ifMatch !== undefined && { IfMatch: ifMatch }),
    });
    const answer = await connection
      .call(client, wanted, signal, (http) => client.send(command, http))
      .catch((error: unknown) => behindTheEnd(error, wanted.what, options));
    if ('discard' in answer) return answer;
    const length = answer.ContentLength ?? 0;
    const stream = answer.Body as Readable;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? '');
    if (range === null ? from > 0 : Number(range[1]) !== from) {
      stream.destroy();
      throw new UnavailableError(
        `s3:GetObject of ${wanted.what}: bytes from ${from} on were wanted, the answer holds ${answer.ContentRange ?? 'the whole object'}; is a proxy in between?`,
      );
    }
    return {
      etag: answer.ETag ?? '',
      ...(answer.VersionId !== undefined && { versionId: answer.VersionId }),
      // An answer without Content-Range is the whole object, asked for or not.
      size: range === null ? length : Number(range[2]),
      end: from + length,
      body: objectBody(stream, {
        what: wanted.what,
        length,
        signal,
        clock: connection.clock,
        ended: connection.received(wanted),
      }),
      discard: () => void stream.destroy(),
    };
  }

  return {
    async open(address, options) {
      const { discard: _, ...stream } = await open(address, options);
      return stream;
    },
    read(address, { limit, signal }) {
      const wanted = wantedObject(address, connection.region);
      return connection.retry(wanted, signal, async () => {
        const object = await open(address, signal === undefined ? {} : { signal });
        if (object.size > limit) {
          object.discard();
          throw new ConfigError(
            `${wanted.what} has ${object.size} bytes; at most ${limit} are read of an object of this kind. Is it the right key?`,
          );
        }
        const pieces: Uint8Array[] = [];
        for await (const piece of object.body) pieces.push(Buffer.from(piece));
        const { etag, versionId } = object;
        return {
          bytes: Buffer.concat(pieces),
          etag,
          ...(versionId !== undefined && { versionId }),
        };
      });
    },
    async find(address, options) {
      try {
        return await this.read(address, options);
      } catch (error) {
        if (causeOf(error)?.code === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    write(address, bytes, options = {}) {
      const { signal } = options;
      const wanted = wantedWrite(address, connection.region);
      const command = putCommand(address, bytes, options);
      return connection.retry(wanted, signal, async () => {
        const answer = await connection.call(client, wanted, signal, (http) =>
          client.send(command, http),
        );
        return { etag: answer.ETag ?? '' };
      });
    },
    close: () => client.destroy(),
  };
}

function putCommand(
  { bucket, key }: ObjectAddress,
  bytes: Buffer,
  { over, type, kmsKey }: WriteOptions,
): PutObjectCommand {
  return new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
    ...(over === 'nothing' && { IfNoneMatch: '*' }),
    ...(typeof over === 'object' && { IfMatch: over.etag }),
    ...(type !== undefined && { ContentType: type }),
    ...(kmsKey !== undefined && { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: kmsKey }),
  });
}

interface OpenObject extends ObjectStream {
  /** Closes the connection without reading the body. */
  discard(): void;
}

function wantedObject({ bucket, key, versionId }: ObjectAddress, region: string): Wanted {
  const bucketArn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  const permission = `${action} on ${bucketArn}/${key}`;
  const what = `s3://${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`;
  return {
    service: 's3',
    operation: 'GetObject',
    decisive: true,
    what,
    permission,
    remedies: {
      NoSuchBucket: `the bucket ${bucket} does not exist: correct its name in the role`,
      NoSuchKey: `the bucket ${bucket} has no such key: correct it in the role, or upload the object`,
      NoSuchVersion: `the object has no such version: correct the version id, or leave it out`,
      MethodNotAllowed: 'this version is a delete marker: the object was deleted',
      InvalidObjectState:
        'the object is archived: restore it, or store it in another storage class',
      AccessDenied: `the role of the instance must be allowed ${permission}.\n  Where it is, the key may be missing: S3 says so only to those who are allowed s3:ListBucket on ${bucketArn}`,
    },
  };
}

function wantedWrite({ bucket, key }: ObjectAddress, region: string): Wanted {
  return {
    service: 's3',
    operation: 'PutObject',
    what: `s3://${bucket}/${key}`,
    permission: `s3:PutObject on arn:${partitionOf(region)}:s3:::${bucket}/${key}`,
    remedies: {
      NoSuchBucket: `the bucket ${bucket} does not exist: correct its name in the role`,
    },
  };
}

/**
 * A range that begins at the very end holds nothing, but S3 answers 416 as for one behind it. The object that `from` bytes
 * came of is complete in the first case, and was replaced by a smaller one in the second.
 */
function behindTheEnd(
  error: unknown,
  what: string,
  { from = 0, ifMatch }: OpenOptions,
): OpenObject {
  const failure = causeOf(error);
  const size = Number(/^bytes \*\/(\d+)$/.exec(failure?.header('content-range') ?? '')?.[1]);
  if (failure?.status !== 416 || Number.isNaN(size)) throw error;
  if (size < from) {
    throw new ObjectChangedError(
      `${what} now has ${size} bytes, fewer than the ${from} that were read`,
      {
        cause: error,
      },
    );
  }
  return { etag: ifMatch ?? '', size, end: size, body: nothing(), discard: () => undefined };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
