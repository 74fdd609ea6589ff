/** Buckets: the objects of the simulated S3, their versions, and what is known of their bytes. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { AwsWorld, Digests, SimulatedObject } from './world.ts';

export interface StoredObject {
  readonly versionId?: string;
  readonly contentType: string;
  readonly lastModified: number;
  /** KMS key that the upload named. */
  readonly kmsKey?: string;
  /** Where they are known already. */
  readonly digests?: Digests;
  readonly content: { readonly bytes: Buffer } | { readonly file: string };
}

export class Buckets {
  readonly #buckets = new Map<string, Map<string, StoredObject[]>>();
  readonly #digests = new WeakMap<StoredObject, Promise<Digests>>();
  readonly #clock: Clock;

  constructor(world: AwsWorld, clock: Clock) {
    this.#clock = clock;
    for (const [bucket, keys] of Object.entries(world.buckets)) {
      const objects = new Map<string, StoredObject[]>();
      for (const [key, versions] of Object.entries(keys)) {
        objects.set(
          key,
          [versions].flat().map((one) => stored(one, clock.now())),
        );
      }
      this.#buckets.set(bucket, objects);
    }
  }

  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** The current version of an object, or the one named. */
  find(bucket: string, key: string, versionId?: string): StoredObject | undefined {
    const versions = this.#buckets.get(bucket)?.get(key);
    if (versionId === undefined) return versions?.at(-1);
    return versions?.find((one) => one.versionId === versionId);
  }

  /** The whole object as it stands now, for tests and reports; undefined where there is none. */
  bytes(bucket: string, key: string): Buffer | undefined {
    const found = this.find(bucket, key);
    if (found === undefined) return undefined;
    return 'bytes' in found.content ? found.content.bytes : readFileSync(found.content.file);
  }

  /** Keys in the order in which S3 lists them: by their UTF-8 bytes. */
  keys(bucket: string): string[] {
    return [...(this.#buckets.get(bucket)?.keys() ?? [])].sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
  }

  /** Stores a new current version; a bucket whose objects have versions gives it a version id. */
  put(
    bucket: string,
    key: string,
    bytes: Buffer,
    { contentType, kmsKey }: { contentType?: string; kmsKey?: string } = {},
  ): StoredObject {
    const objects = this.#buckets.get(bucket);
    if (objects === undefined) throw new RangeError(`No bucket ${bucket}`);
    const versions = objects.get(key) ?? [];
    const versioned = [...objects.values()].flat().some((one) => one.versionId !== undefined);
    const versionId = versioned && `simulated-${versions.length + 1}`;
    const described = {
      bytes,
      ...(contentType && { contentType }),
      ...(versionId && { versionId }),
    };
    const object = { ...stored(described, this.#clock.now()), ...(kmsKey && { kmsKey }) };
    objects.set(key, versioned ? [...versions, object] : [object]);
    return object;
  }

  /** ETag and checksum, computed once; a file is read for it once. */
  async digests(object: StoredObject): Promise<Digests> {
    const known = object.digests ?? this.#digests.get(object);
    if (known !== undefined) return known;
    const { content } = object;
    const pieces = 'bytes' in content ? [content.bytes] : createReadStream(content.file);
    const computing = digestsOf(pieces);
    this.#digests.set(object, computing);
    return computing;
  }
}

export function sizeOf(object: StoredObject): number {
  return 'bytes' in object.content
    ? object.content.bytes.length
    : statSync(object.content.file).size;
}

function stored(object: SimulatedObject, now: number): StoredObject {
  return {
    contentType: object.contentType ?? 'application/octet-stream',
    lastModified: object.lastModified ?? now,
    content: 'bytes' in object ? { bytes: object.bytes } : { file: object.file },
    ...(object.versionId !== undefined && { versionId: object.versionId }),
    ...(object.digests !== undefined && { digests: object.digests }),
  };
}

/** ETag and checksum of an object of these bytes. */
export async function digestsOf(
  pieces: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<Digests> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  for await (const piece of pieces) {
    md5.update(piece);
    sha256.update(piece);
  }
  return { etag: `"${md5.digest('hex')}"`, sha256: sha256.digest('base64') };
}
