/** Release: what is packaged, for which machines, and the one time that everything in it bears. */
import { readFileSync } from 'node:fs';
import { run } from './tool.ts';

/** The two architectures of EC2, as each format calls them. */
export const architectures = {
  x64: { deb: 'amd64', rpm: 'x86_64', elfMachine: 62 },
  arm64: { deb: 'arm64', rpm: 'aarch64', elfMachine: 183 },
} as const;
export type Architecture = keyof typeof architectures;

export const formats = ['deb', 'rpm', 'tar'] as const;
export type Format = (typeof formats)[number];

export const summary = 'Turns a bare EC2 instance into a healthy member of its cluster';

export interface Release {
  readonly version: string;
  /** Seconds since 1970: of the last commit, so that the same sources give the same bytes. */
  readonly epoch: number;
  /** Larger and sooner done: for tests. */
  readonly fast: boolean;
}

export async function releaseOf(tree: string, fast: boolean): Promise<Release> {
  const { version } = JSON.parse(readFileSync(`${tree}/package.json`, 'utf8'));
  return { version, epoch: await epochOf(tree), fast };
}

/** A release candidate sorts before its release in both formats: 1.2.0-rc.1 is 1.2.0~rc.1 there. */
export function packageVersion(version: string): string {
  return version.replace('-', '~').replaceAll('-', '.');
}

export function artifactName(
  { version }: Release,
  format: Format,
  architecture: Architecture,
): string {
  const { deb, rpm } = architectures[architecture];
  const name = 'bootstrap-agent';
  if (format === 'deb') return `${name}_${packageVersion(version)}_${deb}.deb`;
  if (format === 'rpm') return `${name}-${packageVersion(version)}-1.${rpm}.rpm`;
  return `${name}-${version}-linux-${architecture}.tar.gz`;
}

async function epochOf(tree: string): Promise<number> {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given === undefined) {
    return Number(await run('git', ['log', '-1', '--format=%ct'], { cwd: tree }));
  }
  if (/^\d+$/.test(given)) return Number(given);
  throw new Error(`SOURCE_DATE_EPOCH must be seconds since 1970, and is '${given}'.`);
}
