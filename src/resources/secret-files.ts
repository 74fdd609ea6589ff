/** Secrets as they lie on the machine: below /run, in memory only, one file each, with a note of the versions beside them. */
import type { Files } from '../host/host.ts';
import type { Redactor } from '../redaction.ts';

export const secretsDirectory = '/run/bootstrap-agent/secrets';
/** From where each secret came, so that a check sees that the same was fetched in this boot; holds no values. */
export const versionsPath = `${secretsDirectory}/.versions.json`;

export interface SecretVersion {
  readonly from: string;
  readonly stage?: string;
  readonly field?: string;
  readonly versionId: string;
}

export function secretPath(name: string): string {
  return `${secretsDirectory}/${name}`;
}

/** The value of a secret that an earlier step put there; the redactor is told of it first. Undefined where it is not there. */
export async function readSecret(
  files: Files,
  redactor: Redactor,
  name: string,
): Promise<Buffer | undefined> {
  const bytes = await files.read(secretPath(name));
  if (bytes !== undefined) redactor.learn(bytes);
  return bytes;
}

/** The note of the versions; empty where there is none or it was cut off. */
export async function readVersions(files: Files): Promise<Readonly<Record<string, SecretVersion>>> {
  const bytes = await files.read(versionsPath);
  try {
    const parsed: unknown = JSON.parse(String(bytes ?? '{}'));
    return typeof parsed === 'object' && parsed !== null
      ? (parsed as Record<string, SecretVersion>)
      : {};
  } catch {
    // Without the note everything is fetched again, which is always right.
    return {};
  }
}
