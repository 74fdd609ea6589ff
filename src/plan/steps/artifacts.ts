/** Steps that bring S3 objects: where each comes from, the digest it must have, and what it becomes. */

import { didYouMean } from '../../did-you-mean.ts';
import { ConfigError } from '../../errors.ts';
import type { Release, ReleaseFile } from '../../releases/release.ts';
import type { ArtifactStep } from '../../resources/step.ts';
import type { FilledDocument, FilledRole } from '../../roles/filled-role.ts';
import { formatS3Address, parseS3Address } from '../../s3-address.ts';
import type { Faults } from '../faults.ts';
import { plainPath } from './path.ts';

type Artifact = FilledDocument['artifacts'][string];
type Format = ArtifactStep['format'];

const formats: readonly (readonly [ending: RegExp, format: Format])[] = [
  [/\.(tar\.gz|tgz)$/, 'tar.gz'],
  [/\.(tar\.zst|tzst)$/, 'tar.zst'],
  [/\.tar$/, 'tar'],
  [/\.zip$/, 'zip'],
];
/** Archives by format, but things of their own by use: unpacked only when the role says so. */
const zipInDisguise = /\.(war|jar|ear)$/;
const mib = 1024 * 1024;

export function artifactSteps(
  { document }: FilledRole,
  release: Release | undefined,
  faults: Faults,
): ArtifactStep[] {
  return Object.entries(document.artifacts).flatMap(([name, artifact]) => {
    const from = `artifacts.${name}`;
    const path = faults.attempt(`${from}.to`, () => plainPath(artifact.to));
    const address = faults.attempt(`${from}.from`, () => parseS3Address(artifact.from));
    if (path === undefined || address === undefined) return [];
    const listed = release?.files.get(formatS3Address(address));
    const sha256 = faults.attempt(from, () => digestOf(artifact, address, listed, release));
    const format = faults.attempt(`${from}.unpack`, () => formatOf(artifact, address.key));
    if (sha256 === undefined || format === undefined) return [];
    const versionId = artifact.version_id ?? listed?.versionId;
    const as = format === 'plain' ? 'file' : 'tree';
    return {
      kind: 'artifact',
      id: `artifact:${name}`,
      needs: artifact.after ?? [],
      from,
      source: { ...address, ...(versionId === undefined ? {} : { versionId }) },
      sha256,
      ...(listed?.size === undefined ? {} : { size: listed.size }),
      as,
      format,
      path,
      keep: artifact.keep ?? 3,
      strip: artifact.strip ?? 0,
      limits: {
        bytes: (artifact.max_unpacked_mib ?? 4096) * mib,
        files: artifact.max_files ?? 200_000,
      },
      owner: artifact.owner ?? 'root',
      group: artifact.group ?? 'root',
      mode: artifact.mode ?? (as === 'file' ? '0644' : '0755'),
    };
  });
}

function digestOf(
  artifact: Artifact,
  address: { bucket: string; key: string },
  listed: ReleaseFile | undefined,
  release: Release | undefined,
): string {
  const manifest = release?.manifest;
  if (artifact.sha256 !== undefined && listed !== undefined && artifact.sha256 !== listed.sha256)
    throw new ConfigError(
      `the role wants sha256 ${artifact.sha256} of ${artifact.from}, the release manifest ${manifest} lists ${listed.sha256}: leave sha256 out of the role, or correct the one that is wrong`,
    );
  if (
    artifact.version_id !== undefined &&
    listed?.versionId !== undefined &&
    artifact.version_id !== listed.versionId
  )
    throw new ConfigError(
      `the role wants version ${artifact.version_id} of ${artifact.from}, the release manifest ${manifest} lists ${listed.versionId}: leave version_id out of the role`,
    );
  const digest = artifact.sha256 ?? listed?.sha256;
  if (digest !== undefined) return digest;
  const names = [...(release?.files.keys() ?? [])];
  const missing =
    manifest === undefined
      ? 'name a manifest under release.manifest that lists it, or give its sha256 here (sha256sum FILE prints it)'
      : `the release manifest ${manifest} does not list it${didYouMean(formatS3Address(address), names)}; add it there, or give its sha256 here (sha256sum FILE prints it)`;
  throw new ConfigError(`no digest is known of ${artifact.from}: ${missing}`);
}

function formatOf(artifact: Artifact, key: string): Format {
  if (artifact.unpack === false) return 'plain';
  const known = formats.find(([ending]) => ending.test(key))?.[1];
  if (known !== undefined) return known;
  if (artifact.unpack !== true) return 'plain';
  if (zipInDisguise.test(key)) return 'zip';
  throw new ConfigError(
    `cannot unpack ${artifact.from}: wanted an object ending in .tar, .tar.gz, .tgz, .tar.zst, .zip, .war, .jar or .ear`,
  );
}
