/** Secret values as Secrets Manager gives them, and the words for those it does not give. */
import { UnavailableError } from '../errors.ts';
import { partitionOf } from './arn.ts';
import type { SecretAddress, SecretValue } from './aws.ts';
import type { Wanted } from './errors.ts';

/** The fields that GetSecretValue and an entry of BatchGetSecretValue share. */
export interface SecretEntry {
  readonly ARN?: string | undefined;
  readonly Name?: string | undefined;
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

/** Whether an entry is the one asked for: by name, by ARN, or by ARN without the six characters at its end. */
export function matches(from: string, { Name: name, ARN: arn = '' }: SecretEntry): boolean {
  return from === name || from === arn || (from.startsWith('arn:') && arn.slice(0, -7) === from);
}

export function wantedSecrets(
  operation: 'GetSecretValue' | 'BatchGetSecretValue',
  addresses: readonly SecretAddress[],
  region: string,
): Wanted {
  const names = addresses.map(({ from, versionStage }) =>
    versionStage === undefined ? from : `${from} (${versionStage})`,
  );
  const [first] = addresses;
  const from = first?.from ?? '';
  const arn = from.startsWith('arn:')
    ? from
    : `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${from}-*`;
  return {
    service: 'secretsmanager',
    operation,
    decisive: operation === 'GetSecretValue',
    what: `${names.length === 1 ? 'secret' : 'secrets'} ${names.join(', ')}`,
    permission:
      operation === 'GetSecretValue'
        ? `secretsmanager:GetSecretValue on ${arn}`
        : 'secretsmanager:BatchGetSecretValue on *',
    remedies: {
      ResourceNotFoundException: `there is no such secret or no such version in ${region}: correct the name (or versionStage) in the role, or create the secret`,
      InvalidRequestException: 'restore the secret, or name another one in the role',
      DecryptionFailure: `the role of the instance must be allowed kms:Decrypt on the key that encrypts ${names.join(', ')}`,
    },
  };
}

export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, n) => items.slice(n * size, (n + 1) * size));
}
