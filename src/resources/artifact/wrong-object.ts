/** The object is another one than was wanted: what is said of it. */
import { ConfigError } from '../../errors.ts';
import type { ArtifactStep } from '../step.ts';

/** `s3://bucket/key`, with the version where one is named. */
export function addressOf({ source }: ArtifactStep): string {
  const { bucket, key, versionId } = source;
  return `s3://${bucket}/${key}${versionId === undefined ? '' : ` (version ${versionId})`}`;
}

/** `found`: the digest of the bytes that came, hexadecimal. */
export function wrongDigest(step: ArtifactStep, found: string): ConfigError {
  const from = `from the release manifest, or sha256 at ${step.from} in the role`;
  return wrong(step, `sha256 ${step.sha256} (${from})`, `sha256 ${found}`);
}

/** `wanted`, `found`: bytes. */
export function wrongSize(step: ArtifactStep, wanted: number, found: number): ConfigError {
  return wrong(step, `${wanted} bytes (from the release manifest)`, `${found} bytes`);
}

function wrong(step: ArtifactStep, wanted: string, found: string): ConfigError {
  return new ConfigError(
    [
      `${addressOf(step)} is not the object that was wanted`,
      `  wanted ${wanted}`,
      `  found  ${found}`,
      '  One of the two was replaced: publish the release again, its files and its manifest of one build.',
    ].join('\n'),
  );
}
