import { afterEach, describe, expect, it } from 'vitest';
import type { Happening } from '../../src/events.ts';
import { seal } from '../../src/image/seal/seal.ts';
import { Trial } from '../resources/trial.ts';

let trial: Trial;
afterEach(() => trial.close());

const never = new AbortController().signal;
const passwd = [
  'root:x:0:0:root:/root:/bin/bash',
  'admin:x:1000:1000::/home/admin:/bin/bash',
  'www-data:x:33:33::/var/www:/usr/sbin/nologin',
  'nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin',
].join('\n');

/** What an image has in it while it is made, by the room it belongs to. */
const dirt: Readonly<Record<string, string>> = {
  '/etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  '/var/lib/dbus/machine-id': '0123456789abcdef0123456789abcdef\n',
  '/etc/ssh/ssh_host_rsa_key': 'secret',
  '/etc/ssh/ssh_host_ed25519_key.pub': 'public',
  '/var/lib/systemd/random-seed': 'seed',
  '/var/lib/systemd/credential.secret': 'secret',
  '/var/lib/systemd/timers/stamp-fstrim.timer': '',
  '/var/lib/cloud/instances/i-1/user-data.txt': '#cloud-config',
  '/var/lib/cloud/instance/boot-finished': '',
  '/etc/netplan/50-cloud-init.yaml': 'macaddress: 06:00:00:00:00:01',
  '/etc/hostname': 'ip-10-0-0-7\n',
  '/etc/udev/rules.d/70-persistent-net.rules': 'eth0',
  '/var/lib/dhcp/dhclient.eth0.leases': 'lease',
  '/var/lib/amazon/ssm/i-0123/document': 'x',
  '/var/lib/bootstrap-agent/reports/latest.json': '{}',
  '/run/bootstrap-agent/secrets/db': 'secret',
  '/var/cache/bootstrap-agent/sha256/aa.partial': 'half',
  '/root/.ssh/authorized_keys': "Packer's key",
  '/home/admin/.ssh/authorized_keys': "Packer's key",
  '/home/gone/.ssh/id_ed25519': 'secret',
  '/root/.aws/credentials': 'secret',
  '/home/admin/.docker/config.json': 'secret',
  '/home/admin/.netrc': 'secret',
  '/home/admin/.npmrc': '//registry/:_authToken=secret\n',
  '/root/.bash_history': 'aws s3 cp',
  '/home/admin/.python_history': 'import boto3',
  '/var/log/syslog': 'x',
  '/var/log/nginx/access.log.2.gz': 'x',
  '/var/log/journal/0123456789abcdef0123456789abcdef/system.journal': 'x',
  '/var/log/wtmp': 'x',
  '/var/mail/root': 'x',
  '/var/crash/x.crash': 'x',
  '/var/lib/systemd/coredump/core.x': 'x',
  '/var/lib/apt/lists/mirror_dists_InRelease': 'x',
  '/var/cache/apt/archives/nginx.deb': 'x',
  '/tmp/notes': 'x',
  '/tmp/.hidden': 'x',
  '/var/tmp/left': 'x',
};

/** What is meant for the nodes. */
const kept: Readonly<Record<string, string>> = {
  '/etc/bootstrap-agent/roles/tomcat.yaml': 'description: x\n',
  '/etc/bootstrap-agent/baked.json': '{}',
  '/var/cache/bootstrap-agent/sha256/aa': 'whole',
  '/etc/cloud/cloud.cfg': 'x',
  '/usr/bin/cloud-init': 'x',
  '/var/lib/cloud/seed/nocloud/user-data': 'x',
  '/var/lib/cloud/scripts/per-boot/mine': 'x',
  '/etc/ssh/sshd_config': 'x',
  '/root/.bashrc': 'PS1=x\n',
  '/root/.ssh/config': 'Host x\n',
  '/var/www/.npmrc': 'registry=https://npm.acme.internal/\n',
  '/home/admin/notes.txt': 'x',
  '/var/lib/systemd/deb-systemd-helper-enabled/x': '',
  '/var/lib/apt/extended_states': 'x',
};

async function image(files: Readonly<Record<string, string>> = {}): Promise<void> {
  trial = await Trial.on({ files: { '/etc/passwd': passwd, ...dirt, ...kept, ...files } });
}

async function sealed() {
  const told: Happening[] = [];
  const { removed } = await seal(trial.machine, (happening) => told.push(happening), never);
  expect(told.filter(({ type }) => type === 'image-cleaned')).toHaveLength(removed.length);
  return removed;
}

const there = async (path: string) => (await trial.machine.files.stat(path)) !== undefined;

describe('a sealed image', () => {
  it('holds nothing of the machine, the people and the time it was made by', async () => {
    await image();
    const removed = await sealed();
    const stays = ['/etc/machine-id', '/var/lib/dbus/machine-id'];
    for (const path of Object.keys(dirt))
      expect([path, await there(path)]).toEqual([path, stays.includes(path)]);
    for (const [path, text] of Object.entries(kept))
      expect([path, await trial.read(path)]).toEqual([path, text]);
    expect(removed).toContainEqual({
      path: '/root/.ssh/authorized_keys',
      what: 'SSH keys of people',
      bytes: 12,
      end: 'remove',
    });
  });

  it('has an empty machine id, so that the next start is not taken for the first', async () => {
    await image();
    await sealed();
    expect(await trial.read('/etc/machine-id')).toBe('');
    expect((await trial.machine.files.stat('/etc/machine-id'))?.mode).toBe(0o444);
    expect(await trial.machine.files.stat('/var/lib/dbus/machine-id')).toMatchObject({
      type: 'symlink',
      target: '/etc/machine-id',
    });
  });

  it('needs no second seal', async () => {
    await image();
    await sealed();
    const before = await trial.tree();
    expect(await sealed()).toEqual([]);
    expect(await trial.tree()).toEqual(before);
  });

  it('keeps the folders of logs, and a log that its service could not make again', async () => {
    await image({ '/var/log/app.log': 'x' });
    await trial.machine.files.setOwnership('/var/log/app.log', {
      owner: 'www-data',
      group: 'root',
      mode: 0o640,
    });
    const removed = await sealed();
    expect(removed).toContainEqual({
      path: '/var/log/app.log',
      what: 'log',
      bytes: 1,
      end: 'empty',
    });
    expect(await trial.read('/var/log/app.log')).toBe('');
    expect((await trial.machine.files.stat('/var/log/app.log'))?.owner).toBe('www-data');
    expect(await there('/var/log/nginx')).toBe(true);
    expect(await sealed()).toEqual([]);
  });

  it('keeps what an environment says besides keys of AWS', async () => {
    await image({
      '/etc/bootstrap-agent/environment':
        'AWS_CA_BUNDLE=/etc/ca.crt\nAWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=secret\n',
      '/home/admin/.profile': 'umask 022\nexport AWS_SESSION_TOKEN=secret\n',
      '/etc/default/nginx': 'ULIMIT="-n 4096"\n',
    });
    const removed = await sealed();
    expect(await trial.read('/etc/bootstrap-agent/environment')).toBe(
      'AWS_CA_BUNDLE=/etc/ca.crt\n',
    );
    expect(await trial.read('/home/admin/.profile')).toBe('umask 022\n');
    expect(removed.map(({ path }) => path)).not.toContain('/etc/default/nginx');
  });

  it('keeps the network that cloud-init wrote where cloud-init would not write it again, and a chosen name', async () => {
    await image({ '/etc/cloud/cloud-init.disabled': '', '/etc/hostname': 'golden\n' });
    await sealed();
    expect(await there('/etc/netplan/50-cloud-init.yaml')).toBe(true);
    expect(await trial.read('/etc/hostname')).toBe('golden\n');
  });

  it('takes the journal off the disk before its files go', async () => {
    await image();
    await sealed();
    expect(trial.ran[0]).toBe('journalctl --relinquish-var');
    expect(trial.ran.at(-1)).toBe('sync');
  });

  it('tells all that could not be removed, after all else was', async () => {
    trial = await Trial.on({
      files: { '/etc/passwd': passwd, ...dirt },
      read_only: ['/var/log', '/tmp'],
    });
    const sealing = seal(trial.machine, () => undefined, never);
    await expect(sealing).rejects.toThrow(/the image is not clean:.*\/var\/log.*\/tmp\/notes/s);
    expect(await there('/root/.ssh/authorized_keys')).toBe(false);
  });

  it('can be stopped', async () => {
    await image();
    const stop = AbortSignal.abort(new Error('stopped'));
    await expect(seal(trial.machine, () => undefined, stop)).rejects.toThrow('stopped');
  });
});
