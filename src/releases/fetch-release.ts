/** Looks up the release a node is to run: the pointer where nothing names it, then the manifest with the digests of its files. */
import type { ObjectStore } from '../aws/aws.ts';
import { ConfigError } from '../errors.ts';
import type { Tell } from '../events.ts';
import { parseS3Address } from '../s3-address.ts';
import { readManifest } from './manifest.ts';
import type { Release, ReleaseFile, ReleaseWish } from './release.ts';
import { releaseName } from './release-name.ts';

/** A pointer is one line; anything larger is some other object. Bytes. */
const pointerLimit = 256;
/** Room for some 8,000 files. Bytes. */
const manifestLimit = 1024 * 1024;

const sourceOf = { 'user data': 'user data', tag: 'tag Release', role: 'role' } as const;

/**
 * The release that `wish` comes to, or undefined where nothing names one and there is no pointer to ask. Reads at most two
 * objects, one after the other, since the pointer names the manifest; tells `release-chosen`. Throws ConfigError (a
 * pointer or manifest that is missing, too large or says something else), UnavailableError, or the signal's reason.
 */
export async function fetchRelease(
  wish: ReleaseWish,
  objects: ObjectStore,
  options: { tell: Tell; signal?: AbortSignal },
): Promise<Release | undefined> {
  const chosen = await nameOf(wish, objects, options.signal);
  if (chosen === undefined) return undefined;
  options.tell({ type: 'release-chosen', release: chosen.name, source: chosen.source });
  const manifest = wish.manifestFor(chosen.name);
  if (manifest === undefined) return { ...chosen, files: new Map() };
  const text = await readSmall(objects, manifest, 'the release manifest', {
    limit: manifestLimit,
    ...(options.signal && { signal: options.signal }),
  });
  const files: ReadonlyMap<string, ReleaseFile> = readManifest(
    text,
    parseS3Address(manifest),
    chosen.name,
  );
  return { ...chosen, manifest, files };
}

async function nameOf(
  wish: ReleaseWish,
  objects: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<{ name: string; source: string } | undefined> {
  if (wish.name !== undefined) {
    const source = sourceOf[wish.nameFrom ?? 'role'];
    return { name: releaseName(wish.name, `The ${source}`), source };
  }
  if (wish.pointer === undefined) return undefined;
  const text = await readSmall(objects, wish.pointer, 'the release pointer', {
    limit: pointerLimit,
    ...(signal && { signal }),
  });
  return {
    name: releaseName(text, `The release pointer ${wish.pointer}`),
    source: wish.pointer,
  };
}

/** The text of a small object; the message of a ConfigError begins with what the object is for. */
async function readSmall(
  objects: ObjectStore,
  address: string,
  what: string,
  options: { limit: number; signal?: AbortSignal },
): Promise<string> {
  try {
    const { bytes } = await objects.read(parseS3Address(address), options);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof ConfigError) {
      const named = error.message.includes(address) ? what : `${what} ${address}`;
      const key = what.endsWith('pointer') ? 'pointer' : 'manifest';
      throw new ConfigError(
        `Cannot read ${named} (set by release.${key} in the role): ${error.message}`,
        { cause: error, faults: error.faults },
      );
    }
    if (error instanceof TypeError)
      throw new ConfigError(`Cannot read ${what} ${address}: it is not text in UTF-8`, {
        cause: error,
      });
    throw error;
  }
}
