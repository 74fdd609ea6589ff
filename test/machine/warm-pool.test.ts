import { expect, test } from 'vitest';
import type { StatusRecord } from '../../src/engine/status.ts';
import { type Instance, instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
const group = 'shop-tomcat';
const prepared = '/run/bootstrap-agent/prepared.json';

/** A unit that would start the service at the first connection, enabled as a package does it. */
const socket = `[Socket]
ListenStream=4001
Service=plain.service
[Install]
WantedBy=sockets.target
`;

/** Prepared in its pool: nothing of the class runs, nothing can start it, and the hook is completed. */
async function pooled(scenario: string): Promise<Instance> {
  const node = await launch(scenario);
  bakePlainRole(node);
  node.bake('usr/lib/systemd/system/plain.socket', socket);
  node.enable('plain.socket');
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect(JSON.parse(await node.say('agent', 'status', '--json'))).toMatchObject({
    state: 'prepared',
  } satisfies Partial<StatusRecord>);
  expect((await node.books(group)).completions).toEqual([200]);
  for (const unit of ['plain.service', 'plain.socket', 'bootstrap-agent.target'])
    expect((await node.properties(unit)).ActiveState, unit).toBe('inactive');
  for (const port of [4000, 4001]) await expect(node.page(port, '/')).rejects.toThrow();
  return node;
}

/** In service by what was left to do; its socket is back, and answers to nobody but its service. */
async function inService(node: Instance): Promise<void> {
  await node.until('it is in service', async () => (await node.books(group)).state === 'InService');
  expect((await node.page(4000, '/')).body).toBe('ok');
  for (const unit of ['plain.service', 'plain.socket', 'bootstrap-agent.target'])
    expect((await node.properties(unit)).ActiveState, unit).toBe('active');
  expect((await node.properties('plain.socket')).UnitFileState).toBe('enabled');
  expect((await node.run('test', '-e', prepared)).code).toBe(1);
  await node.until('the agent has said all', async () => {
    const status = JSON.parse(await node.say('agent', 'status', '--json')) as StatusRecord;
    return status.state === 'done';
  });
}

test('a pool of stopped instances: prepared, switched off; switched on again it is activated', async () => {
  const node = await pooled('warm-pool-stopped');
  expect((await node.books(group)).state).toBe('Warmed:Stopped');
  await node.powerOff();
  await node.occur('scale-out');
  await node.powerOn();
  await inService(node);
  expect((await node.books(group)).completions).toEqual([200, 200]);
  const { calls } = await node.books(group);
  // It never worked: switched off, it had nothing to give back.
  expect(calls.some(({ operation }) => operation === 'DeregisterTargets')).toBe(false);
});

test('a pool of running instances: the watch sees that it is wanted, in the same boot of the kernel', async () => {
  const node = await pooled('warm-pool-running');
  expect((await node.books(group)).state).toBe('Warmed:Running');
  const bootId = await node.say('cat', '/proc/sys/kernel/random/boot_id');
  await node.occur('scale-out');
  await inService(node);
  expect(await node.say('cat', '/proc/sys/kernel/random/boot_id')).toBe(bootId);

  // And back, since the group reuses its instances: drained, prepared, and nothing runs.
  await node.occur('warm-pool');
  await node.until('it is back in the pool', async () => {
    return (await node.books(group)).state === 'Warmed:Running';
  });
  for (const unit of ['plain.service', 'plain.socket', 'bootstrap-agent.target'])
    expect((await node.properties(unit)).ActiveState, unit).toBe('inactive');
  for (const port of [4000, 4001]) await expect(node.page(port, '/')).rejects.toThrow();
});
