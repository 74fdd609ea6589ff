/** Secret values as Secrets Manager gives them, and the words for those it does not give. */
import { UnavailableError } from '../errors.ts';
import { partitionOf } from './arn.ts';
import type { SecretAddress, SecretValue } from './aws.ts';
import type { Wanted } from './errors.ts';

/** What is used of the answer of GetSecretValue. */
export interface SecretEntry {
  readonly ARN?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

/** Throws UnavailableError where the answer holds no value. */
export function secretValue(entry: SecretEntry, from: string): SecretValue {
  const { SecretString: text, SecretBinary: binary } = entry;
  if (text === undefined && binary === undefined) {
    throw new UnavailableError(`Secrets Manager gave an answer without a value for secret ${from}`);
  }
  return {
    bytes: text === undefined ? Buffer.from(binary ?? []) : Buffer.from(text),
    binary: text === undefined,
    versionId: entry.VersionId ?? '',
    arn: entry.ARN ?? '',
  };
}

export function wantedSecret({ from, versionStage }: SecretAddress, region: string): Wanted {
  const name = versionStage === undefined ? from : `${from} (${versionStage})`;
  const arn = from.startsWith('arn:')
    ? from
    : `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${from}-*`;
  return {
    service: 'secretsmanager',
    operation: 'GetSecretValue',
    decisive: true,
    what: `secret ${name}`,
    permission: `secretsmanager:GetSecretValue on ${arn}`,
    remedies: {
      ResourceNotFoundException: `there is no such secret or no such version in ${region}: correct the name (or versionStage) in the role, or create the secret`,
      InvalidRequestException: 'restore the secret, or name another one in the role',
      DecryptionFailure: `the role of the instance must be allowed kms:Decrypt on the key that encrypts ${name}`,
    },
  };
}
