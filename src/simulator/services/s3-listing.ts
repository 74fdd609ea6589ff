/** ListObjectsV2 of the simulated S3: prefix, delimiter, pages. */
import { type Buckets, sizeOf } from './objects.ts';
import type { Reply } from './service.ts';
import { xmlDocument } from './xml.ts';

export async function objectListing(
  objects: Buckets,
  bucket: string,
  query: URLSearchParams,
): Promise<Reply> {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  // The simulated token is the last key or prefix given, readable in a ledger.
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const entries = grouped(objects.keys(bucket), prefix, delimiter).filter(({ name }) =>
    isAfter(name, after),
  );
  const page = entries.slice(0, most);
  const truncated = entries.length > page.length;
  const contents = page
    .filter((entry) => !entry.isPrefix)
    .map(async ({ name }) => {
      const object = objects.find(bucket, name);
      if (object === undefined) return undefined;
      return {
        Key: name,
        LastModified: new Date(object.lastModified),
        ETag: (await objects.digests(object)).etag,
        Size: sizeOf(object),
        StorageClass: 'STANDARD',
      };
    });
  const document = {
    Name: bucket,
    Prefix: prefix,
    ...(delimiter !== '' && { Delimiter: delimiter }),
    MaxKeys: most,
    KeyCount: page.length,
    IsTruncated: truncated,
    NextContinuationToken: truncated ? page.at(-1)?.name : undefined,
    Contents: await Promise.all(contents),
    CommonPrefixes: page.filter((entry) => entry.isPrefix).map(({ name }) => ({ Prefix: name })),
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListBucketResult', document, 'http://s3.amazonaws.com/doc/2006-03-01/'),
  };
}

/** In the order of listings: by UTF-8 bytes, not by UTF-16 units. */
function isAfter(name: string, after: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

/** Keys under the prefix; those with the delimiter behind it are rolled up into common prefixes. */
function grouped(
  keys: readonly string[],
  prefix: string,
  delimiter: string,
): { name: string; isPrefix: boolean }[] {
  const entries = new Map<string, boolean>();
  for (const key of keys.filter((one) => one.startsWith(prefix))) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end === -1) entries.set(key, false);
    else entries.set(key.slice(0, end + delimiter.length), true);
  }
  return [...entries].map(([name, isPrefix]) => ({ name, isPrefix }));
}
