/** Surroundings: what a command runs in. The real ones are made here, simulated ones in simulated.ts; no command knows which it got. */
import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import { ConfigError } from '../errors.ts';
import type { Files, Host } from '../host/host.ts';
import { localHost } from '../host/local-host.ts';
import { type BakedRecord, readBakedRecord } from '../image/baked-record.ts';
import type { Selection } from '../roles/resolve-role.ts';
import type { RoleSource } from '../roles/role.ts';
import { notText } from '../yaml-words.ts';
import type { Whereabouts } from './springs.ts';

export type Environment = Whereabouts['env'];

export interface Surroundings extends Whereabouts {
  readonly host: Host;
  readonly simulated: boolean;
  /** Read when asked, so that a fault in it is found by a boot that can still say ABANDON. */
  baked(): Promise<Baked>;
}

/** What was baked into the image for the agent to read. */
export interface Baked {
  readonly roles: readonly RoleSource[];
  /** Template files by their path relative to the roles folder. */
  readonly templates: ReadonlyMap<string, string>;
  /** Files of the roles folder that are no text: by their path, why. A fault of the roles that use them, and of no other. */
  readonly unusableTemplates?: Selection['unusableTemplates'];
  readonly agentConfig?: { readonly text: string; readonly source: string };
  /** What a bake wrote down of this image. */
  readonly record?: BakedRecord;
}

const bakedFolder = '/etc/bootstrap-agent';

/** The machine this process runs on. `roles`: the folder of its role files. */
export function realSurroundings(env: Environment, roles = `${bakedFolder}/roles`): Surroundings {
  const host = localHost();
  const baked = () => readBaked(host.files, roles);
  return { env, host, clock: systemClock, simulated: false, baked };
}

async function readBaked(files: Files, folder: string): Promise<Baked> {
  const source = `${bakedFolder}/agent.yaml`;
  const config = await files.read(source);
  const record = await knownRecord(files);
  return {
    ...(await readRolesFolder(files, resolve(folder), folder)),
    ...(record !== undefined && { record }),
    ...(config !== undefined && { agentConfig: { text: config.toString('utf8'), source } }),
  };
}

/** The record of the bake, for whoever reads about a boot; one that is broken is nothing that a boot depends on. */
export async function knownRecord(files: Files): Promise<BakedRecord | undefined> {
  return readBakedRecord(files).catch(() => undefined);
}

/** Reads a folder of role files and the template files below it. `shownAs`: how messages call the folder. */
export async function readRolesFolder(
  files: Files,
  folder: string,
  shownAs: string,
): Promise<Pick<Baked, 'roles' | 'templates' | 'unusableTemplates'>> {
  const roles: RoleSource[] = [];
  const templates = new Map<string, string>();
  const unusableTemplates = new Map<string, string>();
  for (const path of await filesBelow(files, folder)) {
    const bytes = await files.read(`${folder}/${path}`);
    const text = bytes?.toString('utf8') ?? '';
    const role = /^([^/]+)\.ya?ml$/.exec(path)?.[1];
    if (role === undefined) {
      const unusable = unreadable(bytes);
      if (unusable === undefined) templates.set(path, text);
      else unusableTemplates.set(path, unusable);
    } else {
      const unusable = faultOf(bytes);
      const source = `${shownAs}/${path}`;
      roles.push({
        name: role,
        source,
        ...(unusable === undefined ? { text } : { text: '', unusable }),
      });
    }
  }
  if (roles.length > 0) return { roles, templates, unusableTemplates };
  const there = await files.stat(folder);
  const found =
    there === undefined
      ? 'there is no such folder'
      : there.type === 'file'
        ? 'it is a file, not a folder'
        : 'it holds no *.yaml file';
  throw new ConfigError(
    `No roles in ${shownAs}: ${found}. Each class needs a role file there, <class>.yaml; start from the ones in roles/ of the agent.`,
  );
}

/** Half a role, or letters put in place of others, must not become a machine. */
function faultOf(bytes: Buffer | undefined): string | undefined {
  const wrong = unreadable(bytes);
  if (wrong !== undefined) return wrong;
  const lines = String(bytes).split('\n');
  return lines.every((line) => /^(---)?\s*(#.*)?$/.test(line))
    ? 'holds nothing: a node of this class would be healthy with nothing on it; wanted at least a description'
    : undefined;
}

function unreadable(bytes: Buffer | undefined): string | undefined {
  return bytes === undefined ? 'is a link to a file that is not there' : notText(bytes);
}

async function filesBelow(files: Files, folder: string, prefix = ''): Promise<string[]> {
  const found: string[] = [];
  for (const name of await files.list(prefix === '' ? folder : `${folder}/${prefix}`)) {
    if (name.startsWith('.')) continue;
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const type = (await files.stat(`${folder}/${path}`))?.type;
    if (type === 'directory') found.push(...(await filesBelow(files, folder, path)));
    else found.push(path);
  }
  return found;
}
