import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFailed, onTestFinished, test } from 'vitest';
import { Cloud } from './cloud/cloud.ts';
import { sourceAmi } from './image/source-ami.ts';
import type { Instance } from './instances.ts';
import { LaunchedMachines } from './launched.ts';
import { build, buildFolder } from './packer/build.ts';
import { sh, tried } from './sh.ts';

const account = 'build';
const group = 'shop-tomcat';
const minutes = 60_000;
const owner = '136693071363';
const [debian, masked] = ['0deb1a00000000012', '0deb1a00000000013'];
const packages = mkdtempSync(join(tmpdir(), 'packages-'));
const scenario = join(import.meta.dirname, 'scenarios/tomcat');

/** One service that answers; nothing to install. */
const plain = `description: One service that answers.
files:
  /srv/plain.cjs:
    content: require('http').createServer((q, r) => r.end('ok')).listen(4000)
services:
  plain:
    unit: |
      [Unit]
      Description=A plain service
      [Service]
      ExecStart=/opt/bootstrap-agent/bin/node /srv/plain.cjs
probes:
  plain:
    http: { port: 4000, path: / }
`;

let cloud: Cloud;
let machines: LaunchedMachines;
let url: string;

beforeAll(async () => {
  sh(process.execPath, 'scripts/build.ts');
  const fast = ['--fast', '--arch', 'x64', '--format', 'deb'];
  sh(process.execPath, 'scripts/package.ts', ...fast, '--out', packages);
  const image = inject('image');
  const layers = await sourceAmi(image, join(image.folder, 'source-ami'));
  const units = join(image.folder, 'masked/etc/systemd/system');
  mkdirSync(units, { recursive: true });
  symlinkSync('/dev/null', join(units, 'bootstrap-agent.service'));
  cloud = await Cloud.open(image.certificates);
  machines = new LaunchedMachines(cloud, join(image.folder, 'disks'), {
    [`snap-${debian}`]: layers,
    [`snap-${masked}`]: [join(image.folder, 'masked'), ...layers],
  });
  const architecture = 'x86_64';
  ({ url } = await cloud.open(account, scenario, {
    [`ami-${debian}`]: { name: 'debian-12-amd64-20260101-1000', ownerId: owner, architecture },
    [`ami-${masked}`]: { name: 'masked-agent', ownerId: owner, architecture },
  }));
}, 15 * minutes);

afterAll(async () => {
  await machines?.close();
  await cloud?.close();
  rmSync(packages, { recursive: true, force: true });
});

test(
  'Packer builds an image, and nodes of two classes boot from it',
  async () => {
    const folder = buildFolder(packages, { plain });
    const built = await build(cloud, url, folder, { classes: ['tomcat', 'plain'] });
    onTestFailed(() => console.error(`${built.output}\n${machines.consoles}`));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    expect(built.output).toContain("Build 'amazon-ebs.debian12-x86_64' finished");
    expect(await left()).toEqual({ instances: 0, keyPairs: 0, securityGroups: 1, images: 1 });
    const image = (await ec2('DescribeImages', { 'ImageId.1': built.ami ?? '' })).body;
    expect(image).toContain('<imageState>available</imageState>');
    expect(image).toContain('<encrypted>true</encrypted>');
    expect(image).toContain('<item><key>Classes</key><value>tomcat plain</value></item>');
    const snapshot = /<snapshotId>(snap-\w+)/.exec(image)?.[1] ?? '';
    clean(machines.disks.get(snapshot) ?? []);

    const template = {
      imageId: built.ami ?? '',
      instanceType: 't3.small',
      instanceProfile: 'shop-node',
      metadataOptions: { httpTokens: 'required', instanceMetadataTags: 'enabled' },
    } as const;
    const userDataText = readFileSync(join(scenario, 'user-data'), 'utf8');
    const launch = async (of: string) => {
      const tags = { Class: of };
      const id = await cloud.scaleOut(account, group, { ...template, tags, userDataText });
      const node = await machines.running(id);
      onTestFinished(async ({ task }) => {
        if (task.result?.state === 'fail') console.error(await node.evidence());
        await terminated(id);
      });
      return node;
    };
    const [tomcat, one, other] = [
      await launch('tomcat'),
      await launch('plain'),
      await launch('plain'),
    ];
    const nodes = [tomcat, one, other];
    onTestFailed(async () => {
      for (const node of nodes) console.error(await node.evidence());
    });
    for (const node of nodes) {
      expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
      expect((await node.books(group)).state).toBe('InService');
    }
    expect((await tomcat.page(8080, '/shop/health')).body).toBe('ok\n');
    expect((await one.page(4000, '/')).body).toBe('ok');
    expect((await other.page(4000, '/')).body).toBe('ok');
    for (const what of ['/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub'])
      expect(new Set(await Promise.all(nodes.map((node) => written(node, what)))).size).toBe(3);
    for (const node of nodes) expect(await withoutToken(node)).toBe('401');
  },
  20 * minutes,
);

test(
  'a role with a mistake: the build fails with the words of the validator, and leaves nothing',
  async () => {
    const before = await left();
    const folder = buildFolder(packages, { plain: plain.replace('probes:', 'prboes:') });
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const built = await build(cloud, url, folder, { classes: ['plain'] });
    onTestFailed(() => console.error(`${built.output}\n${machines.consoles}`));
    expect(built.code).not.toBe(0);
    expect(built.output).toMatch(/prboes.*(probes)/);
    expect(built.ami).toBeUndefined();
    expect(await left()).toEqual(before);
  },
  15 * minutes,
);

test(
  'an image that would not start its agent is not sealed: no image, nothing left',
  async () => {
    const before = await left();
    const folder = buildFolder(packages, { plain });
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const built = await build(cloud, url, folder, {
      classes: ['plain'],
      source_ami_name: 'masked-*',
    });
    onTestFailed(() => console.error(`${built.output}\n${machines.consoles}`));
    expect(built.code).not.toBe(0);
    expect(built.output).toContain('bootstrap-agent.service is masked');
    expect(built.ami).toBeUndefined();
    expect(await left()).toEqual(before);
  },
  15 * minutes,
);

function ec2(action: string, fields: Readonly<Record<string, string>> = {}) {
  return cloud.ec2(account, { Action: action, ...fields });
}

async function terminated(instanceId: string): Promise<void> {
  const instance = { 'InstanceId.1': instanceId };
  await ec2('TerminateInstances', instance);
  while (!(await ec2('DescribeInstances', instance)).body.includes('<name>terminated</name>'))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** What there is in the account; only its own images, and instances that are not gone. */
async function left() {
  const count = async (action: string, pattern: RegExp, fields = {}) =>
    ((await ec2(action, fields)).body.match(pattern) ?? []).length;
  const states = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
  const alive = Object.fromEntries(states.map((state, n) => [`Filter.1.Value.${n + 1}`, state]));
  const filter = { 'Filter.1.Name': 'instance-state-name', ...alive };
  return {
    instances: await count('DescribeInstances', /<instanceId>/g, filter),
    keyPairs: await count('DescribeKeyPairs', /<keyName>/g),
    securityGroups: await count('DescribeSecurityGroups', /<groupName>/g),
    images: await count('DescribeImages', /<imageId>/g, { 'Owner.1': 'self' }),
  };
}

/** The disk of the image holds nothing that is the building machine's own. */
function clean(layers: readonly string[]): void {
  const root = mkdtempSync(join(tmpdir(), 'image-disk-'));
  sh('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=${layers.join(':')}`, root);
  try {
    const at = (path: string) => join(root, path);
    expect(readFileSync(at('etc/machine-id'), 'utf8')).toBe('');
    const keys = readdirSync(at('etc/ssh')).filter((name) => name.startsWith('ssh_host_'));
    expect(keys).toEqual([]);
    for (const home of ['root', 'home/admin'])
      expect([home, existsSync(at(`${home}/.ssh/authorized_keys`))]).toEqual([home, false]);
    expect(readdirSync(at('tmp'))).toEqual([]);
    expect(existsSync(at('var/lib/cloud/instances'))).toBe(false);
    const logs = sh('find', at('var/log'), '-type', 'f', '-size', '+0').split('\n').filter(Boolean);
    expect(logs).toEqual([]);
    const { classes } = JSON.parse(readFileSync(at('etc/bootstrap-agent/baked.json'), 'utf8'));
    expect(JSON.stringify(classes)).toContain('tomcat');
  } finally {
    if (!tried('umount', root)) sh('umount', '-l', root);
    rmSync(root, { recursive: true });
  }
}

function written(node: Instance, path: string): Promise<string> {
  return node.say('cat', path);
}

/** What the metadata service answers to a request of version 1. */
function withoutToken(node: Instance): Promise<string> {
  const url = 'http://169.254.169.254/latest/meta-data/instance-id';
  const program = `fetch('${url}').then(({ status }) => console.log(status))`;
  return node.say('/opt/bootstrap-agent/bin/node', '-e', program);
}
