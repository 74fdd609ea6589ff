import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { unbaked } from './image/unbaked.ts';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
/** Two boots and two bakes each, beside other machines on two cores. */
const patience = { timeout: 900_000 };
const systemd = 'etc/systemd/system';

/** As Packer's build instance: the agent is installed, and does not boot it. */
async function buildInstance(scenario = 'tomcat'): Promise<Instance> {
  const image = inject('image');
  const below = await unbaked(image, 'erlang-base');
  const node = await launch(scenario, [...image.building.above, ...below]);
  cpSync('roles', join(node.root, 'etc/bootstrap-agent/roles'), { recursive: true });
  return node;
}

function bake(node: Instance, ...words: readonly string[]) {
  const bundle = 'AWS_CA_BUNDLE=/etc/bootstrap-agent/ca.crt';
  return node.run('env', bundle, 'agent', 'bake', ...words);
}

const maskOf = (node: Instance, name: string) => {
  const path = join(node.root, systemd, name);
  return existsSync(path) || path.endsWith('.timer') ? readlinkSync(path) : undefined;
};

test(
  'an image is baked and sealed on a running machine, and its node boots from what is there',
  patience,
  async () => {
    const node = await buildInstance();
    // As Debian's package does it.
    node.enable('tomcat10.service');
    node.bake('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA packer\n');
    node.bake('root/.aws/credentials', 'aws_secret_access_key = x\n');
    node.bake('etc/ssh/ssh_host_ed25519_key', 'x\n');
    await node.powerOn();
    await node.until('systemd is up', async () => {
      return /running|degraded/.test((await node.run('systemctl', 'is-system-running')).stdout);
    });
    expect((await node.properties('tomcat10.service')).ActiveState).toMatch(/^activ/);
    await node.say('systemctl', 'stop', 'tomcat10.service');

    const refused = await bake(node, 'tomcat', '--seal');
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain(`${unit} is disabled: systemctl enable ${unit}`);
    expect(existsSync(join(node.root, 'root/.ssh/authorized_keys'))).toBe(true);
    expect(maskOf(node, 'tomcat10.service')).toBe('/dev/null');
    expect(maskOf(node, 'apt-daily.timer')).toBe('/dev/null');
    const record = JSON.parse(node.read('etc/bootstrap-agent/baked.json'));
    expect(record).toMatchObject({ region: 'eu-west-1', heldBack: ['tomcat10.service'] });
    expect(record.packages.tomcat10).toMatch(/^10\./);
    const [war] = record.artifacts;
    const cached = join(node.root, 'var/cache/bootstrap-agent/sha256', war.sha256);
    expect(readFileSync(cached)).toHaveLength(war.bytes);

    const machineId = node.read('etc/machine-id');
    node.enable(unit);
    const list = 'var/cache/bootstrap-agent/read-ahead';
    node.bake(list, 'of an older bake\n');
    const sealed = await bake(node, '--seal', '--json');
    expect(sealed).toMatchObject({ code: 0 });
    const { removed } = JSON.parse(sealed.stdout).sealed;
    const paths = removed.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        '/etc/machine-id',
        '/etc/ssh/ssh_host_ed25519_key',
        '/root/.ssh/authorized_keys',
        '/root/.aws',
      ]),
    );
    expect(node.read('etc/machine-id')).toBe('');
    expect(node.read(list)).toMatch(/^readahead \d+\n(\d+ [1-9]\d* \/\S+\n)+$/);
    for (const part of ['bin/node', 'dist/boot.cjs', 'dist/booting-'])
      expect(node.read(list)).toContain(` /opt/bootstrap-agent/${part}`);
    expect(node.read(list)).toContain(' /etc/bootstrap-agent/roles/tomcat.yaml\n');
    const again = JSON.parse((await bake(node, '--seal', '--json')).stdout).sealed;
    expect(again).toEqual({ removed: [] });

    await node.powerOff();
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    const ahead = await node.properties('bootstrap-agent-read-ahead.service');
    expect(ahead).toMatchObject({ Result: 'success', ExecMainStatus: '0' });
    expect(ahead.ExecMainExitTimestampMonotonic).not.toBe('0');
    expect((await node.books('shop-tomcat')).state).toBe('InService');
    expect(await node.page(8080, '/shop/health')).toEqual({ status: 200, body: 'ok\n' });
    expect(node.read('etc/machine-id')).toMatch(/^[0-9a-f]{32}\n$/);
    expect(node.read('etc/machine-id')).not.toBe(machineId);
    for (const done of ['packages', 'masks', 'directory:/srv/shop'])
      expect(node.changed).not.toContain(done);
    expect(node.changed).toContain('service:tomcat10');
    const fetched = node.record.calls.filter(({ service }) => service === 's3');
    expect(fetched.map(({ count }) => count)).toEqual([2]);
    expect(node.record.image?.classes).toMatchObject([{ name: 'tomcat' }]);
    // systemd did not start it before the agent had done its work.
    const journal = await node.say('journalctl', '-b', '-o', 'cat', '-u', 'tomcat10.service');
    expect(journal.match(/Started tomcat10/g)).toHaveLength(1);
    expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
    expect(await node.drifting()).toEqual([]);
  },
);

test(
  'three classes in one image: each node unmasks what it runs, and nothing else runs',
  patience,
  async () => {
    const node = await buildInstance();
    for (const name of ['tomcat10', 'nginx', 'php8.2-fpm', 'epmd']) node.enable(`${name}.service`);
    await node.powerOn();
    await node.until('systemd is up', async () => {
      return /running|degraded/.test((await node.run('systemctl', 'is-system-running')).stdout);
    });
    await node.say('systemctl', 'stop', 'tomcat10', 'nginx', 'php8.2-fpm', 'epmd');
    const baked = await bake(node, 'tomcat', 'php', 'erlang', '--no-metadata', '--json');
    expect(baked).toMatchObject({ code: 0 });
    const held = JSON.parse(baked.stdout).baked.record.heldBack;
    expect(held.sort()).toEqual([
      'epmd.service',
      'nginx.service',
      'php8.2-fpm.service',
      'tomcat10.service',
    ]);
    const second = JSON.parse(
      (await bake(node, 'tomcat', 'php', 'erlang', '--no-metadata', '--json')).stdout,
    );
    expect(
      second.baked.steps.filter(({ outcome }: { outcome: string }) => outcome !== 'unchanged'),
    ).toEqual([]);

    node.enable(unit);
    await node.reboot();
    expect(await node.booted()).toMatchObject({ Result: 'success' });
    for (const name of held) {
      const { ActiveState } = await node.properties(name);
      expect([name, ActiveState]).toEqual([
        name,
        name === 'tomcat10.service' ? 'active' : 'inactive',
      ]);
    }
  },
);

test(
  'a release is laid out in the image: its node links it, and fetches nothing but the pointer and the manifest',
  patience,
  async () => {
    const node = await buildInstance('php-current');
    await node.powerOn();
    await node.until('systemd is up', async () => {
      return /running|degraded/.test((await node.run('systemctl', 'is-system-running')).stdout);
    });
    expect(await bake(node, 'php')).toMatchObject({ code: 0 });
    const [release] = JSON.parse(node.read('etc/bootstrap-agent/baked.json')).artifacts;
    expect(release).toMatchObject({ unpacked: '/srv/shop' });
    const tree = join(node.root, `srv/shop.releases/${release.sha256}`);
    const { ino, birthtimeMs } = statSync(tree);
    expect(existsSync(join(node.root, 'srv/shop'))).toBe(false);

    node.enable(unit);
    await node.reboot();
    expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
    expect(readlinkSync(join(node.root, 'srv/shop'))).toBe(`shop.releases/${release.sha256}`);
    expect(statSync(tree)).toMatchObject({ ino, birthtimeMs });
    expect(node.changed).toContain('artifact:shop');
    const fetched = node.record.calls.filter(({ service }) => service === 's3');
    expect(fetched.map(({ count }) => count)).toEqual([2]);
    expect((await node.page(80, '/health')).body).toBe('ok');
    expect(await node.drifting()).toEqual([]);
  },
);

test(
  'a sealed image without cloud-init lets people in by SSH: each machine has host keys of its own',
  patience,
  async () => {
    const { building } = inject('image');
    const node = await launch('plain', [...building.above, building.debian]);
    bakePlainRole(node);
    node.enable(unit);
    // Made by the package when it was installed: every node would have the same.
    const keys = () => readdirSync(join(node.root, 'etc/ssh')).filter((name) => /_key$/.test(name));
    expect(keys()).toContain('ssh_host_rsa_key');
    const before = node.read('etc/ssh/ssh_host_ed25519_key.pub');
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success' });
    expect(await bake(node, '--seal')).toMatchObject({ code: 0 });
    expect(keys()).toEqual([]);

    await node.reboot();
    expect(await node.booted()).toMatchObject({ Result: 'success' });
    await node.until('sshd is up', async () => {
      return (await node.properties('ssh.service')).ActiveState === 'active';
    });
    expect(keys().sort()).toEqual(['ssh_host_ecdsa_key', 'ssh_host_ed25519_key']);
    expect(node.read('etc/ssh/ssh_host_ed25519_key.pub')).not.toBe(before);
    // Once and for all of this machine: the next start finds them.
    const made = node.read('etc/ssh/ssh_host_ed25519_key.pub');
    await node.reboot();
    await node.booted();
    expect(node.read('etc/ssh/ssh_host_ed25519_key.pub')).toBe(made);
  },
);
