/** Who does the work of the peers' bench, and what each has in its image and in its user data. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { sh } from '../../test/machine/sh.ts';
import { layOutIn } from './laid-out.ts';
import type { Release } from './release.ts';

export interface Contestant {
  readonly name: string;
  readonly userData?: string;
  /** The image has the AWS CLI. */
  readonly cli?: boolean;
  /** Nobody does the work: what systemd and the distribution start by themselves. */
  readonly bare?: boolean;
  /** Puts into the root file system of a machine that is off what its image has; all have the application. */
  furnish(root: string): void | Promise<void>;
}

export function contestants(release: Release): readonly Contestant[] {
  const withRole = (root: string) => {
    const roles = join(root, 'etc/bootstrap-agent/roles');
    mkdirSync(roles, { recursive: true });
    writeFileSync(join(roles, 'bench.yaml'), filled('role.yaml', release));
  };
  const cloudInit = (name: string, file: string, cli = false): Contestant => ({
    name,
    userData: filled(file, release),
    cli,
    furnish(root) {
      withoutAgent(root);
      rmSync(join(root, 'etc/cloud/cloud-init.disabled'), { force: true });
      writeFileSync(join(root, 'etc/cloud/cloud.cfg.d/95-bench.cfg'), cloudSettings);
    },
  });
  return [
    {
      name: 'floor: stock tools, all overlapped',
      furnish(root) {
        withoutAgent(root);
        for (const name of ['floor.sh', 'shop.service', 'sysctl.conf'])
          cpSync(join(import.meta.dirname, name), join(root, 'opt', name));
        writeFileSync(join(root, 'opt/release.sha256'), release.zst);
        const unit = join(root, 'etc/systemd/system/floor.service');
        cpSync(join(import.meta.dirname, 'floor.service'), unit);
        sh('systemctl', `--root=${root}`, 'enable', '--quiet', 'floor.service');
      },
    },
    { name: 'the agent', furnish: withRole },
    {
      name: 'the agent, release in the image',
      async furnish(root) {
        withRole(root);
        await layOutIn(root, release);
      },
    },
    { name: 'a bare boot', bare: true, furnish: withoutAgent },
    cloudInit('cloud-init, tuned by an expert', 'expert.yaml'),
    cloudInit('cloud-init, ordinary', 'ordinary.yaml'),
    cloudInit('bash user data, AWS CLI', 'user-data.sh', true),
  ];
}

/** An instance of EC2 in a container: neither its firmware nor its network is there for cloud-init to look at or to make. */
const cloudSettings = `datasource_list: [Ec2]
datasource: { Ec2: { strict_id: false, max_wait: 3, timeout: 2 } }
network: { config: disabled }
`;

function withoutAgent(root: string): void {
  sh('systemctl', `--root=${root}`, 'disable', '--quiet', 'bootstrap-agent.service');
}

/** A file of this folder with its blanks filled in; a blank that is a line of its own takes whole files, indented as it goes. */
function filled(file: string, release: Release): string {
  const text = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');
  const indent = { '.sh': '', '.yaml': '      ' }[extname(file)] ?? '';
  const settings = text('sysctl.conf');
  const block = (content: string, by: string) => content.trimEnd().replace(/^(?=.)/gm, by);
  return text(file)
    .replace(/^@sysctl@$/m, () => block(settings, indent))
    .replace(/^@sysctl as a map@$/m, () => block(settings.replace(/ = /g, ': '), '  '))
    .replace(/^@unit@$/m, () => block(text('shop.service'), indent))
    .replace(/^@aws@$/m, () => block(text('aws.sh'), indent))
    .replace(/@zst@/g, release.zst)
    .replace(/@gz@/g, release.gz);
}
