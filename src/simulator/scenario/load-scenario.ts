/** Reads a scenario's folder: scenario.yaml, and beside it user-data, agent.yaml, roles/ and what its S3 holds. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { didYouMean } from '../../did-you-mean.ts';
import { ConfigError } from '../../errors.ts';
import { throwFaults } from '../../roles/fault.ts';
import { schemaFaults } from '../../roles/schema-faults.ts';
import { YamlDocument } from '../../roles/yaml-document.ts';
import { machineSchema } from '../machine/description.ts';
import type { Scenario } from './scenario.ts';
import { type ScenarioFile, scenarioFileSchema } from './scenario-file.ts';
import { worldOf } from './world-of.ts';

/** Names and descriptions of the scenarios in a folder, in alphabetical order. */
export function listScenarios(
  folder: string,
): { name: string; description: string; expect: ScenarioFile['expect'] }[] {
  return namesIn(folder).map((name) => {
    const { description, expect } = readFile(join(folder, name), folder).file;
    return { name, description, expect };
  });
}

/**
 * Reads one scenario: a name in the folder of shipped ones, or the path of a folder of the user's own.
 * `instanceId`: of another instance of the same kind in its place. Throws ConfigError when there is none of that name or its file is wrong.
 */
export async function loadScenario(
  nameOrPath: string,
  shipped: string,
  instanceId?: string,
): Promise<Scenario> {
  const folder = folderOf(nameOrPath, shipped);
  const { file, folders } = readFile(folder, shipped);
  const beside = (name: string) =>
    folders.map((one) => join(one, name)).find((path) => existsSync(path));
  const userData = beside('user-data');
  const agentConfig = beside('agent.yaml');
  const rolesFolder = beside('roles');
  const own = instanceId === undefined ? {} : { instance_id: instanceId };
  const instance = { ...withoutNulls(file.instance), ...own };
  return {
    name: nameOrPath,
    folder,
    description: file.description,
    expect: { ...file.expect, signal: file.expect.signal ?? file.expect.verdict },
    speed: file.speed ?? 1,
    earlierNodes: file.earlier_nodes ?? 0,
    metadataAfterSeconds: file.metadata_after_seconds ?? 0,
    instance,
    machine: machineSchema.parse(file.machine),
    aws: await worldOf(file.aws ?? {}, instance, folders),
    targetGroups: targetGroupsIn(file),
    loadBalancers: loadBalancersIn(file),
    faults: (file.faults ?? []) as Scenario['faults'],
    limits: limitsIn(file),
    launchesOverSeconds: file.fleet?.launches_over_seconds ?? 0,
    ...(file.answers_ms !== undefined && { answersMs: file.answers_ms }),
    timeline: (file.timeline ?? []) as Scenario['timeline'],
    ...(userData !== undefined && { userData: readFileSync(userData) }),
    ...(agentConfig !== undefined && { agentConfig: readFileSync(agentConfig, 'utf8') }),
    ...(rolesFolder !== undefined && { rolesFolder }),
  };
}

function limitsIn({ aws }: ScenarioFile): Scenario['limits'] {
  const given = Object.entries(aws?.limits ?? {}).flatMap(([name, figures]) =>
    figures === null ? [] : [[name, figures] as const],
  );
  return Object.fromEntries(
    given.map(([name, { tokens, per_second: perSecond }]) => [name, { tokens, perSecond }]),
  );
}

function targetGroupsIn({ aws }: ScenarioFile): Scenario['targetGroups'] {
  const targets = Object.values(aws?.groups ?? {}).flatMap((group) => group?.target_group ?? []);
  const lone = Object.entries(aws?.target_groups ?? {}).flatMap(([name, described]) =>
    described === null ? [] : { name, ...described },
  );
  const all = [...targets.map((one) => ({ ...one, type: 'instance' as const })), ...lone];
  return Object.fromEntries(
    all.map(({ name, type, port, path, deregistration_delay: delay, interval }) => [
      name,
      {
        type,
        port,
        path,
        ...(delay !== undefined && { deregistrationDelaySeconds: delay }),
        ...(interval !== undefined && { intervalSeconds: interval }),
      },
    ]),
  );
}

function loadBalancersIn({ aws }: ScenarioFile): Scenario['loadBalancers'] {
  const described = Object.entries(aws?.load_balancers ?? {}).flatMap(([name, one]) => {
    if (one === null) return [];
    const { port, path, interval, healthy_threshold: threshold, draining } = one;
    const balancer = {
      port,
      ...(path !== undefined && { path }),
      ...(interval !== undefined && { intervalSeconds: interval }),
      ...(threshold !== undefined && { healthyThreshold: threshold }),
      ...(draining !== undefined && { drainSeconds: draining }),
    };
    return [[name, balancer] as const];
  });
  return Object.fromEntries(described);
}

function folderOf(nameOrPath: string, shipped: string): string {
  const isPath = isAbsolute(nameOrPath) || nameOrPath.startsWith('.');
  const folder = isPath ? resolve(nameOrPath) : join(shipped, nameOrPath);
  if (existsSync(join(folder, 'scenario.yaml'))) return folder;
  const found = isPath
    ? statSync(folder, { throwIfNoEntry: false })?.isDirectory()
      ? 'the folder has no scenario.yaml'
      : 'there is no such folder'
    : `the scenarios that ship are ${namesIn(shipped).join(', ')}${didYouMean(nameOrPath, namesIn(shipped))}`;
  throw new ConfigError(
    `No scenario "${nameOrPath}": ${found}. See agent rehearse --list, or give the path of a folder (./my-scenario).`,
  );
}

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'scenario.yaml')))
    .sort();
}

/** The merged file, and its folders from the nearest to the one it ultimately extends. */
function readFile(folder: string, shipped: string): { file: ScenarioFile; folders: string[] } {
  const folders: string[] = [];
  let merged: Record<string, unknown> = {};
  let nearest: YamlDocument | undefined;
  for (let next: string | undefined = folder; next !== undefined; ) {
    const path = join(next, 'scenario.yaml');
    if (folders.includes(next)) throw new ConfigError(`${path}: a scenario cannot extend itself`);
    folders.push(next);
    const document = new YamlDocument(readFileSync(path, 'utf8'), path);
    throwFaults(document.faults);
    const own = document.data as Record<string, unknown>;
    nearest ??= document;
    merged = mergedOver(own, merged) as Record<string, unknown>;
    next = typeof own.extends === 'string' ? folderOf(own.extends, shipped) : undefined;
  }
  const places = nearest ?? new YamlDocument('', join(folder, 'scenario.yaml'));
  const { machine } = merged;
  throwFaults([
    ...schemaFaults(scenarioFileSchema, merged, places),
    ...(isMap(machine) ? schemaFaults(machineSchema, machine, places, ['machine']) : []),
  ]);
  return { file: scenarioFileSchema.parse(merged), folders };
}

/** `over` wins; maps merge key by key, everything else is replaced, null removes. */
function mergedOver(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (!isMap(under) || !isMap(over)) return over;
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    merged[key] = isAlternative(under[key], value) ? value : mergedOver(under[key], value);
  }
  return merged;
}

/** An object's content (`text`, `file`, `zip`, ...) replaces another whole: they are alternatives. */
function isAlternative(under: unknown, over: unknown): boolean {
  const contents = [
    'text',
    'json',
    'file',
    'zip',
    'tar',
    'tar_gz',
    'tar_zst',
    'manifest_of_release',
  ];
  return isMap(under) && isMap(over) && Object.keys(over).some((key) => contents.includes(key));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(instance: ScenarioFile['instance']): Scenario['instance'] {
  const tags = Object.entries(instance.tags ?? {}).filter(([, value]) => value !== null);
  const given = Object.entries(instance).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return { ...Object.fromEntries(given), tags: Object.fromEntries(tags) } as Scenario['instance'];
}
