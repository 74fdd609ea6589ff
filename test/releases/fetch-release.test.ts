import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/aws/aws.ts';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import { fetchRelease } from '../../src/releases/fetch-release.ts';
import type { ReleaseWish } from '../../src/releases/release.ts';
import { formatS3Address } from '../../src/s3-address.ts';

const digest = 'ab'.repeat(32);
const pointer = 's3://acme-releases/shop/current';
const manifest = 's3://acme-releases/shop/1.4.2/release.json';

describe('fetchRelease', () => {
  it('follows the pointer to the manifest and keys its files by address', async () => {
    const store = storeOf({
      [pointer]: '1.4.2\n',
      [manifest]: JSON.stringify({
        release: '1.4.2',
        files: {
          'shop.war': { sha256: digest, size: 123, version_id: 'v7' },
          'conf/a.txt': { sha256: digest },
        },
      }),
    });
    const told: Happening[] = [];
    const release = await fetchRelease(wishOf({ pointer }), store, {
      tell: (event) => told.push(event),
    });
    expect(release).toEqual({
      name: '1.4.2',
      source: pointer,
      manifest,
      files: new Map([
        ['s3://acme-releases/shop/1.4.2/shop.war', { sha256: digest, size: 123, versionId: 'v7' }],
        ['s3://acme-releases/shop/1.4.2/conf/a.txt', { sha256: digest }],
      ]),
    });
    expect(told).toEqual([{ type: 'release-chosen', release: '1.4.2', source: pointer }]);
    expect(store.asked).toEqual([pointer, manifest]);
  });

  it('does not ask the pointer when something names the release', async () => {
    const store = storeOf({ [manifest]: JSON.stringify({ files: { a: { sha256: digest } } }) });
    const release = await fetchRelease(
      wishOf({ name: '1.4.2', nameFrom: 'user data', pointer }),
      store,
      quiet,
    );
    expect(release?.source).toBe('user data');
    expect(store.asked).toEqual([manifest]);
    const tagged = await fetchRelease(
      { name: '9', nameFrom: 'tag', manifestFor: () => undefined },
      store,
      quiet,
    );
    expect(tagged).toEqual({ name: '9', source: 'tag Release', files: new Map() });
    const fixed = await fetchRelease({ name: '9', manifestFor: () => undefined }, store, quiet);
    expect(fixed?.source).toBe('role');
  });

  it('is nothing where nothing names a release and there is no pointer', async () => {
    expect(await fetchRelease(wishOf({}), storeOf({}), quiet)).toBeUndefined();
  });

  it.each([
    ['', 'holds no release name: wanted one line with a name such as 1.4.2'],
    ['  \n', 'holds no release name'],
    ['../evil', 'wanted letters, digits'],
    ['1..2', 'without ".."'],
    ['1.4.2\n1.4.3\n', 'wanted one line of text'],
    ['a b', 'wanted letters, digits'],
    ['x'.repeat(200), 'at most 128 characters'],
    ['y'.repeat(300), 'larger than 256 bytes'],
  ])('refuses the pointer %j', async (text, message) => {
    const promise = fetchRelease(wishOf({ pointer }), storeOf({ [pointer]: text }), quiet);
    await expect(promise).rejects.toThrow(ConfigError);
    await expect(promise).rejects.toThrow(message);
    await expect(promise).rejects.toThrow(pointer);
  });

  it('refuses a name from a tag that would lead out of the folder', async () => {
    await expect(
      fetchRelease(wishOf({ name: 'a/../../b', nameFrom: 'tag' }), storeOf({}), quiet),
    ).rejects.toThrow('The tag Release holds the release name "a/../../b"');
  });

  it('says what a missing pointer was for and where it is set', async () => {
    await expect(fetchRelease(wishOf({ pointer }), storeOf({}), quiet)).rejects.toThrow(
      `Cannot read the release pointer ${pointer} (set by release.pointer in the role): no such key`,
    );
  });

  it('refuses bytes that are not text', async () => {
    const store = storeOf({ [pointer]: Buffer.from([0xff, 0xfe, 0x31]) });
    await expect(fetchRelease(wishOf({ pointer }), store, quiet)).rejects.toThrow(
      'it is not text in UTF-8',
    );
  });

  it('lets what may pass by itself through as it is', async () => {
    const store = storeOf({});
    store.read = () => Promise.reject(new UnavailableError('S3 answered 503'));
    await expect(fetchRelease(wishOf({ pointer }), store, quiet)).rejects.toThrow(UnavailableError);
  });

  it('hands the signal to every read', async () => {
    const signal = new AbortController().signal;
    const store = storeOf({
      [pointer]: '1.4.2',
      [manifest]: JSON.stringify({ files: { a: { sha256: digest } } }),
    });
    await fetchRelease(wishOf({ pointer }), store, { ...quiet, signal });
    expect(store.signals).toEqual([signal, signal]);
  });
});

describe('the manifest', () => {
  const read = (text: string) =>
    fetchRelease(wishOf({ name: '1.4.2' }), storeOf({ [manifest]: text }), quiet);
  const entry = (files: unknown) => JSON.stringify({ release: '1.4.2', files });

  it.each([
    ['{', 'is not JSON'],
    ['[]', 'holds a list; wanted an object'],
    ['3', 'holds number; wanted an object'],
    ['{"release":"1.4.2"}', '"files" is missing'],
    [entry({}), '"files" names no file'],
    [
      JSON.stringify({ release: '1.4.1', files: { a: { sha256: digest } } }),
      'release "1.4.1", but',
    ],
    [JSON.stringify({ Files: {}, files: { a: { sha256: digest } } }), 'unknown key "Files"'],
    [entry({ '../a': { sha256: digest } }), 'files "../a": a file name is relative'],
    [entry({ '/a': { sha256: digest } }), 'files "/a": a file name is relative'],
    [entry({ 'a\\b': { sha256: digest } }), 'backslash'],
    [entry({ a: 'x' }), 'files "a": wanted an object with "sha256"'],
    [entry({ a: {} }), '"sha256" wants 64 lower-case hexadecimal digits, found nothing'],
    [entry({ a: { sha256: digest.toUpperCase() } }), '"sha256" wants 64 lower-case'],
    [entry({ a: { sha256: digest, size: -1 } }), '"size" wants a number of bytes, found -1'],
    [entry({ a: { sha256: digest, version_id: 7 } }), '"version_id" wants'],
    [entry({ a: { sha256: digest, digest: 'x' } }), 'unknown key "digest"'],
  ])('refuses %j', async (text, message) => {
    const promise = read(text);
    await expect(promise).rejects.toThrow(ConfigError);
    await expect(promise).rejects.toThrow(message);
    await expect(promise).rejects.toThrow(manifest);
  });

  it('names all faults at once', async () => {
    await expect(read(entry({ a: {}, b: { sha256: digest, size: 1.5 } }))).rejects.toMatchObject({
      message: expect.stringContaining('has 2 faults'),
      faults: [expect.stringContaining('files "a"'), expect.stringContaining('files "b"')],
    });
  });

  it('may stand at the top of a bucket and begin with a byte order mark', async () => {
    const address = 's3://acme-releases/release.json';
    const store = storeOf({
      [address]: `\uFEFF${JSON.stringify({ files: { a: { sha256: digest } } })}`,
    });
    const release = await fetchRelease(
      { name: '1', nameFrom: 'role', manifestFor: () => address },
      store,
      quiet,
    );
    expect([...(release?.files.keys() ?? [])]).toEqual(['s3://acme-releases/a']);
  });

  it('refuses an address that is none', async () => {
    await expect(
      fetchRelease({ name: '1', manifestFor: () => 's3://acme-releases' }, storeOf({}), quiet),
    ).rejects.toThrow('set by release.manifest in the role');
  });
});

const quiet = { tell: () => undefined };

function wishOf(wish: Omit<ReleaseWish, 'manifestFor'>): ReleaseWish {
  return { ...wish, manifestFor: (name) => `s3://acme-releases/shop/${name}/release.json` };
}

/** Objects in memory that keep the promises of the port: the limit, and ConfigError for what is not there. */
function storeOf(objects: Record<string, string | Buffer>) {
  const asked: string[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const store: ObjectStore & { asked: string[]; signals: (AbortSignal | undefined)[] } = {
    asked,
    signals,
    open: () => Promise.reject(new Error('a release is read whole')),
    read: async (address, { limit, signal }) => {
      const name = formatS3Address(address);
      asked.push(name);
      signals.push(signal);
      const found = objects[name];
      if (found === undefined) throw new ConfigError('no such key');
      const bytes = Buffer.from(found);
      if (bytes.length > limit) throw new ConfigError(`larger than ${limit} bytes`);
      return { bytes, etag: '"e"' };
    },
  };
  return store;
}
