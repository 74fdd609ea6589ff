import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { layer } from './image/layer.ts';
import { instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();

test('a machine with further packages: installed once, there at boot beside the agent', async () => {
  const { distribution, layers } = inject('image');
  const memcached = await layer(['memcached'], [distribution]);
  const builtAt = statSync(join(memcached, 'usr/bin/memcached')).ctimeMs;
  expect(await layer(['memcached'], [distribution])).toBe(memcached);
  expect(statSync(join(memcached, 'usr/bin/memcached')).ctimeMs).toBe(builtAt);
  await expect(layer(['memcached'], layers)).rejects.toThrow(/no digest of its content/);

  const others = layers.filter((one) => one !== distribution);
  const node = await launch('plain', [...others, memcached, distribution]);
  bakePlainRole(node);
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.properties('memcached.service')).ActiveState).toBe('active');
  expect(node.read('etc/resolv.conf')).toBe('nameserver 10.77.0.1\n');
});
