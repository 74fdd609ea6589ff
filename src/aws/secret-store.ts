/**
 * Secrets Manager behind the port: each secret by a call of its own, side by side. BatchGetSecretValue would save calls, but an
 * account has 100 of them a second beside 10,000 of GetSecretValue (Secrets Manager user guide, reference_limits): a group that
 * starts at once would be throttled before its services start.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ConfigError } from '../errors.ts';
import { type SecretAddress, type SecretStore, type SecretValue, secretKey } from './aws.ts';
import type { Connection } from './connection.ts';
import { settleAll } from './parallel.ts';
import { secretValue, wantedSecret } from './secret-values.ts';
import type { ClientSettings } from './settings.ts';

/** Enough to hide the latency, few enough to stay far from the quota when a group boots together. */
const readsAtOnce = 8;
/** Bridges a fault of a second or two; what lasts longer is for the engine to wait for, and to tell by name at its deadline. */
const attempts = 5;

type Found = Map<SecretAddress, SecretValue>;

export function secretStore(
  connection: Connection,
  settings: ClientSettings,
): SecretStore & { close(): void } {
  const client = new SecretsManagerClient(settings);

  async function readOne(address: SecretAddress, signal?: AbortSignal): Promise<SecretValue> {
    const { from, versionStage } = address;
    const wanted = wantedSecret(address, connection.region);
    const command = new GetSecretValueCommand({
      SecretId: from,
      ...(versionStage !== undefined && { VersionStage: versionStage }),
    });
    return connection.retry(
      wanted,
      signal,
      async () =>
        secretValue(
          await connection.call(client, wanted, signal, (http) => client.send(command, http)),
          from,
        ),
      attempts,
    );
  }

  return {
    async read(wanted, signal) {
      const addresses = [...new Map(wanted.map((one) => [secretKey(one), one])).values()];
      const found: Found = new Map();
      const outcomes = await settleAll(addresses, readsAtOnce, async (address) => {
        found.set(address, await readOne(address, signal));
      });
      signal?.throwIfAborted();
      throwAll(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
      return keyed(addresses, found);
    },
    close: () => client.destroy(),
  };
}

/** What a person must edit is told all at once; anything else goes first, as it hides what is wrong. */
function throwAll(errors: readonly unknown[]): void {
  const [first] = errors;
  if (first === undefined) return;
  const other = errors.find((error) => !(error instanceof ConfigError));
  if (other !== undefined) throw other;
  if (errors.length === 1) throw first;
  const faults = errors.map((error) => (error as ConfigError).message);
  throw new ConfigError(`${faults.length} secrets cannot be read:\n  ${faults.join('\n  ')}`, {
    cause: first,
    faults,
  });
}

/** Each under `from#stage` where a stage was asked for, and under plain `from` unless the current one has that key. */
function keyed(addresses: readonly SecretAddress[], found: Found): Map<string, SecretValue> {
  const values = new Map<string, SecretValue>();
  for (const address of addresses) {
    const value = found.get(address);
    if (value === undefined) continue;
    values.set(secretKey(address), value);
    const plain = addresses.find(({ from }) => from === address.from);
    const unstaged = addresses.some(
      ({ from, versionStage }) => from === address.from && versionStage === undefined,
    );
    if (!unstaged && plain === address) values.set(address.from, value);
  }
  return values;
}
