import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();

// It reads a seed: without the firmware of an EC2 instance it would not take its metadata service for EC2's.
const seed = 'var/lib/cloud/seed/nocloud';
const settings = `datasource_list: [NoCloud]
cloud_init_modules: []
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
`;

test('user data for the agent alone: cloud-init leaves it alone, says so once, and is done', async () => {
  const node = await launch('plain-user-data');
  rmSync(join(node.root, 'etc/cloud/cloud-init.disabled'));
  node.bake('etc/cloud/cloud.cfg.d/90-seed.cfg', settings);
  node.bake(`${seed}/meta-data`, 'instance-id: i-1\n');
  // What cloud-init gets is what the metadata service gives the agent.
  const userData = join(import.meta.dirname, 'scenarios/plain-user-data/user-data');
  node.bake(`${seed}/user-data`, readFileSync(userData, 'utf8'));
  bakePlainRole(node);
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  expect(node.read('srv/from-agent')).toBe('by the agent\n');
  await node.until('cloud-init is done', async () =>
    (await node.run('cloud-init', 'status')).stdout.includes('status: done'),
  );
  const log = node.read('var/log/cloud-init.log');
  expect(log.match(/Unhandled non-multipart \(text\/x-not-multipart\) userdata/g)).toHaveLength(1);
  expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
});

test('beside cloud-init: no cycle, no deadlock, and both do their part', async () => {
  const node = await launch('plain');
  rmSync(join(node.root, 'etc/cloud/cloud-init.disabled'));
  node.bake('etc/cloud/cloud.cfg.d/90-seed.cfg', settings);
  node.bake(`${seed}/meta-data`, 'instance-id: i-1\n');
  node.bake(`${seed}/user-data`, '#cloud-config\nruncmd: [touch /srv/from-cloud-init]\n');
  // The last unit of all: cloud-final comes after multi-user.target.
  bakePlainRole(node, { unit: 'After=cloud-final.service' });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  expect((await node.books('shop-tomcat')).state).toBe('InService');
  expect(await node.say('cloud-init', 'status')).toBe('status: done');
  await node.say('test', '-e', '/srv/from-cloud-init');
  const journal = await node.say('journalctl', '-b', '-o', 'cat', '--no-pager');
  expect(journal).not.toMatch(/ordering cycle/);
  expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
});
