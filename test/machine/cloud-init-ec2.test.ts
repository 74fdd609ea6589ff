import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { layer } from './image/layer.ts';
import { instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';
import { virtualMachinesOf } from './vm/launch.ts';

const launch = virtualMachinesOf(instancesOfThisFile());
const patience = 1_800_000;

test(
  'on EC2 data, by its firmware: cloud-init and the agent read one user data, each its parts',
  async () => {
    const { distribution } = inject('image');
    const packages = await layer(['netplan.io', 'openssh-server', 'sudo'], [distribution]);
    const node = await launch('cloud-init', [packages]);
    rmSync(join(node.root, 'etc/cloud/cloud-init.disabled'));
    // The disk has no partition to grow, and the image no locale but C.UTF-8.
    node.bake('etc/cloud/cloud.cfg.d/90-image.cfg', 'resize_rootfs: false\nlocale: C.UTF-8\n');
    bakePlainRole(node, { deadline: 240 });
    await node.powerOn();
    expect(await node.booted()).toMatchObject({ Result: 'success' });
    await node.until('cloud-init is done', async () =>
      /status: (done|error)/.test((await node.run('cloud-init', 'status')).stdout),
    );

    // The agent's part, and that cloud-init did not fight over the name.
    expect(await node.say('cat', '/srv/from-agent')).toBe('by the agent');
    expect(await node.say('cat', '/proc/sys/kernel/hostname', '/etc/hostname')).toBe(
      'shop-1\nshop-1',
    );
    expect((await node.books('shop-tomcat')).state).toBe('InService');
    // cloud-init's part, once.
    expect(await node.say('sort', '/srv/from-cloud-init')).toBe('runcmd\nscript');
    expect(await node.say('cat', '/home/debian/.ssh/authorized_keys')).toMatch(
      /^ssh-ed25519 .* ops$/,
    );
    expect(await node.say('cloud-id')).toBe('aws');
    expect(await node.say('cat', '/var/lib/cloud/data/instance-id')).toBe(
      (await node.lastRecord()).identity?.facts.instance_id,
    );
    expect(await node.say('cat', '/etc/netplan/50-cloud-init.yaml')).toContain('dhcp4: true');
    const status = await node.run('cloud-init', 'status', '--long');
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('status: done') });
    expect(status.stdout).toMatch(/DataSourceEc2/);
    const journal = await node.say('journalctl', '-b', '-o', 'cat', '--no-pager');
    expect(journal).not.toMatch(/ordering cycle/);
    expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
    expect(await node.say('cat', '/var/log/cloud-init.log')).not.toMatch(/WARNING|Unhandled/);
  },
  patience,
);
