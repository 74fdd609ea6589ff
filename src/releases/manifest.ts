/** Release manifests: the JSON object that names all files of a release, with digests and sizes. */
import { ConfigError, messageOf } from '../errors.ts';
import { formatS3Address, type S3Address } from '../s3-address.ts';
import type { ReleaseFile } from './release.ts';

/**
 * Reads `{ "release": "1.4.2", "files": { "shop.war": { "sha256": "...", "size": 123, "version_id": "..." } } }`.
 * File names are relative to the manifest's folder; `release` may be left out, but must be `release` when given.
 * Gives the files keyed by `s3://bucket/key`. Throws ConfigError with every fault found, each naming the manifest.
 */
export function readManifest(
  text: string,
  address: S3Address,
  release: string,
): ReadonlyMap<string, ReleaseFile> {
  const where = `The release manifest ${formatS3Address(address)}`;
  const document = parse(text, where);
  const faults: string[] = [];
  const unknown = Object.keys(document).filter((key) => key !== 'release' && key !== 'files');
  if (unknown.length > 0)
    faults.push(`unknown key ${quoted(unknown)}; wanted "release" and "files"`);
  if (document.release !== undefined && document.release !== release)
    faults.push(
      `it says it is of release ${JSON.stringify(document.release)}, but release "${release}" was asked for: upload the right manifest there, or name the other release`,
    );
  const files = new Map<string, ReleaseFile>();
  if (!isRecord(document.files)) {
    faults.push('"files" is missing; wanted an object of file names');
  } else {
    if (Object.keys(document.files).length === 0)
      faults.push(
        '"files" names no file; wanted each file of the release with its sha256: publish the release again',
      );
    const folder = address.key.slice(0, address.key.lastIndexOf('/') + 1);
    for (const [name, entry] of Object.entries(document.files)) {
      const wrong = [...faultsOfName(name), ...faultsOfEntry(entry)];
      faults.push(...wrong.map((fault) => `files ${JSON.stringify(name)}: ${fault}`));
      if (wrong.length === 0)
        files.set(
          formatS3Address({ bucket: address.bucket, key: folder + name }),
          fileOf(entry as Entry),
        );
    }
  }
  if (faults.length === 0) return files;
  if (faults.length === 1) throw new ConfigError(`${where}: ${faults[0]}`);
  throw new ConfigError(`${where} has ${faults.length} faults`, { faults });
}

interface Entry {
  readonly sha256: string;
  readonly size?: number;
  readonly version_id?: string;
}

function fileOf(entry: Entry): ReleaseFile {
  return {
    sha256: entry.sha256,
    ...(entry.size === undefined ? {} : { size: entry.size }),
    ...(entry.version_id === undefined ? {} : { versionId: entry.version_id }),
  };
}

function parse(text: string, where: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ConfigError(`${where} is not JSON (${messageOf(error)}): publish it again`, {
      cause: error,
    });
  }
  if (isRecord(document)) return document;
  throw new ConfigError(
    `${where} holds ${Array.isArray(document) ? 'a list' : typeof document}; wanted an object with "release" and "files"`,
  );
}

function faultsOfName(name: string): string[] {
  const parts = name.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return [
      "a file name is relative to the manifest's folder, without leading slash, empty parts, . or ..",
    ];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  return /[\u0000-\u001f\u007f\\]/.test(name)
    ? ['the name holds a backslash or control characters']
    : [];
}

function faultsOfEntry(entry: unknown): string[] {
  if (!isRecord(entry)) return ['wanted an object with "sha256" and "size"'];
  const faults: string[] = [];
  const unknown = Object.keys(entry).filter(
    (key) => !['sha256', 'size', 'version_id'].includes(key),
  );
  if (unknown.length > 0)
    faults.push(`unknown key ${quoted(unknown)}; wanted "sha256", "size", "version_id"`);
  if (typeof entry.sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(entry.sha256))
    faults.push(
      `"sha256" wants 64 lower-case hexadecimal digits, found ${JSON.stringify(entry.sha256) ?? 'nothing'}`,
    );
  if (entry.size !== undefined && !(Number.isSafeInteger(entry.size) && Number(entry.size) >= 0))
    faults.push(`"size" wants a number of bytes, found ${JSON.stringify(entry.size)}`);
  if (
    entry.version_id !== undefined &&
    (typeof entry.version_id !== 'string' || entry.version_id === '')
  )
    faults.push(
      `"version_id" wants an S3 version id in quotes, found ${JSON.stringify(entry.version_id)}`,
    );
  return faults;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
