/** The resource `secret`: fetched side by side, known to the redactor before anything else, written below /run only. */

import type { SecretAddress, SecretStore, SecretValue } from '../aws/aws.ts';
import { StepError } from '../errors.ts';
import type { Ownership } from '../host/host.ts';
import { driftOf, ownershipDifferences } from './owned.ts';
import type { Difference, Resource, World } from './resource.ts';
import { secretField } from './secret-field.ts';
import {
  readSecret,
  readVersions,
  type SecretVersion,
  secretPath,
  secretsDirectory,
  versionsPath,
} from './secret-files.ts';
import type { SecretSpec, SecretStep } from './step.ts';

/** Everybody may pass, so that owners reach their own file; only root sees what there is. */
const directoryMode = 0o711;

export const secret: Resource<SecretStep> = {
  async check(step, world) {
    const differences: Difference[] = [];
    const folder = await world.host.files.stat(secretsDirectory);
    const versions = await readVersions(world.host.files);
    for (const spec of step.secrets) {
      // The redactor learns what is there, whatever becomes of it.
      await readSecret(world.host.files, world.redactor, spec.name);
      differences.push(...(await differencesOf(spec, versions[spec.name], world)));
    }
    if (differences.length === 0 && folder?.mode !== directoryMode) {
      differences.push({ aspect: 'mode of the folder', wanted: '0711' });
    }
    return driftOf(differences);
  },

  async apply(step, world, effort) {
    const { files } = world.host;
    const versions = { ...(await readVersions(files)) };
    const missing: SecretSpec[] = [];
    for (const spec of step.secrets) {
      const differences = await differencesOf(spec, versions[spec.name], world);
      if (differences.some(({ aspect }) => aspect === spec.name)) missing.push(spec);
      else if (differences.length > 0) await files.setOwnership(secretPath(spec.name), owned(spec));
    }
    const values = await fetchAll(missing, world, effort.signal);
    await files.makeDirectory(secretsDirectory, { mode: directoryMode });
    for (const [spec, { bytes, versionId }] of values) {
      const { name, from, versionStage, field } = spec;
      await files.write(secretPath(name), bytes, owned(spec));
      versions[name] = {
        from,
        ...(versionStage === undefined ? {} : { stage: versionStage }),
        ...(field === undefined ? {} : { field }),
        versionId,
      };
    }
    // Last: what is noted here is there.
    await files.write(versionsPath, `${JSON.stringify(versions, null, 2)}\n`, { mode: 0o600 });
  },
};

async function differencesOf(
  spec: SecretSpec,
  version: SecretVersion | undefined,
  { host }: World,
): Promise<Difference[]> {
  const stat = await host.files.stat(secretPath(spec.name));
  const wanted = describe(spec.from, spec.versionStage, spec.field);
  if (stat === undefined || version === undefined) return [{ aspect: spec.name, wanted }];
  const found = describe(version.from, version.stage, version.field);
  if (found !== wanted) return [{ aspect: spec.name, found, wanted }];
  return ownershipDifferences(stat, { owner: spec.owner, group: spec.group, mode: '0400' }).map(
    (difference) => ({ ...difference, aspect: `${spec.name} ${difference.aspect}` }),
  );
}

/** Only its owner reads a secret; nobody changes it. */
function owned({ owner, group }: SecretSpec): Ownership {
  return { owner, group, mode: 0o400 };
}

function describe(from: string, stage = 'AWSCURRENT', field?: string): string {
  return `${from} ${stage}${field === undefined ? '' : `, field ${field}`}`;
}

async function fetchAll(
  missing: readonly SecretSpec[],
  world: World,
  signal: AbortSignal,
): Promise<Map<SecretSpec, { bytes: Buffer; versionId: string }>> {
  const found = new Map<SecretSpec, { bytes: Buffer; versionId: string }>();
  for (const specs of calls(missing)) {
    const values = await fetch(world.secrets, specs, signal);
    // All of them are learnt before any is looked at: an error about one must not show another.
    for (const value of values.values()) world.redactor.learn(value.bytes);
    for (const spec of specs) {
      const value = values.get(spec.from);
      if (value === undefined) {
        throw new StepError(
          `Secrets Manager gave no answer for secret ${spec.name} (${spec.from})`,
        );
      }
      const bytes =
        spec.field === undefined
          ? value.bytes
          : secretField(value.bytes, spec.field, `secret ${spec.name} (${spec.from})`);
      world.redactor.learn(bytes);
      found.set(spec, { bytes, versionId: value.versionId });
    }
  }
  return found;
}

/**
 * The store's answer is keyed by name or ARN alone: where one secret is wanted in two stages, each stage is a call of its
 * own. Otherwise all of them are one.
 */
function calls(missing: readonly SecretSpec[]): SecretSpec[][] {
  const stages = new Map<string, Set<string>>();
  for (const { from, versionStage = '' } of missing) {
    stages.set(from, (stages.get(from) ?? new Set()).add(versionStage));
  }
  const apart = [...stages.values()].some((each) => each.size > 1);
  const byStage = new Map<string, SecretSpec[]>();
  for (const spec of missing) {
    const call = apart ? (spec.versionStage ?? '') : '';
    byStage.set(call, [...(byStage.get(call) ?? []), spec]);
  }
  return [...byStage.values()];
}

/** One secret of which several fields are wanted is asked for once. */
function fetch(
  store: SecretStore,
  specs: readonly SecretSpec[],
  signal: AbortSignal,
): Promise<Map<string, SecretValue>> {
  const addresses = new Map<string, SecretAddress>();
  for (const { from, versionStage } of specs) {
    addresses.set(from, { from, ...(versionStage === undefined ? {} : { versionStage }) });
  }
  return store.read([...addresses.values()], signal);
}
