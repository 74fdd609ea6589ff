/** Runs the real amazon-ebs builder of Debian's Packer against the simulated EC2 of a cloud, from inside its network. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulatedCredentials } from '../../../src/simulator/metadata/instance.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { authority } from '../image/source-ami.ts';
import { templatesForDebian } from './old-packer.ts';
import { environment } from './packer.ts';

export interface Build {
  readonly code: number;
  /** All that it said. */
  readonly output: string;
  /** What the manifest says of the image, where there is one. */
  readonly ami: string | undefined;
}

/** A folder to build from: the templates, the roles that ship and what `roles` adds to them. Its path is given. */
export function buildFolder(packages: string, roles: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'packer-build-'));
  templatesForDebian(join(folder, 'packer'));
  cpSync('roles', join(folder, 'roles'), { recursive: true });
  for (const [name, text] of Object.entries(roles))
    writeFileSync(join(folder, 'roles', `${name}.yaml`), text);
  mkdirSync(join(folder, 'out'));
  cpSync(packages, join(folder, 'out'), { recursive: true });
  writeFileSync(join(folder, 'environment'), `AWS_CA_BUNDLE=${authority}\n`);
  return folder;
}

/** Builds the image for Debian 12 on x86-64. */
export async function build(
  cloud: Cloud,
  url: string,
  folder: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Build> {
  const given = {
    region: 'eu-west-1',
    custom_endpoint_ec2: url,
    skip_region_validation: true,
    skip_metadata_api_check: true,
    ssh_interface: 'private_ip',
    ssh_source_cidrs: ['10.77.0.1/32'],
    poll_seconds: 1,
    iam_instance_profile: 'shop-node',
    environment_file: 'environment',
    ...variables,
  };
  writeFileSync(join(folder, 'given.pkrvars.json'), JSON.stringify(given));
  const words = ['-var-file=given.pkrvars.json', '-only=amazon-ebs.debian12-x86_64', 'packer'];
  const argv = ['netns', 'exec', cloud.name, 'packer', 'build', '-color=false', ...words];
  const child = spawn('ip', argv, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      HOME: folder,
      AWS_POLL_DELAY_SECONDS: '1',
      AWS_ACCESS_KEY_ID: simulatedCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: simulatedCredentials.secretAccessKey,
      AWS_SESSION_TOKEN: simulatedCredentials.sessionToken,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const code = await new Promise<number>((resolve) =>
    child.once('close', (status) => resolve(status ?? -1)),
  );
  return { code, output, ami: amiIn(folder) };
}

function amiIn(folder: string): string | undefined {
  try {
    const manifest = readFileSync(join(folder, 'packer-manifest.json'), 'utf8');
    const { builds } = JSON.parse(manifest) as { builds: { artifact_id: string }[] };
    return builds.at(-1)?.artifact_id.split(':')[1];
  } catch {
    return undefined;
  }
}
