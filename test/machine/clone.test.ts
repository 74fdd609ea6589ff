import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { type Instance, instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
const { layers } = inject('image');
const group = 'shop-tomcat';
const state = 'var/lib/bootstrap-agent';

const warningsOf = ({ record }: Instance) =>
  record.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

/** Boots an instance with the disk that another one has left, and looks at it. */
async function bootClone(of: Instance): Promise<Instance> {
  const clone = await launch('plain-clone', [of.upper, ...layers]);
  await clone.powerOn();
  expect(await clone.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  const { state: lifecycle, completions } = await clone.books(group);
  // Told by itself: what the other sent is not taken for its own.
  expect([lifecycle, completions]).toEqual(['InService', [200]]);
  expect(clone.record.identity?.facts.instance_id).toBe('i-0c10ec10ec10ec10e');
  expect((await clone.page(4000, '/')).body).toBe('ok');
  expect(await clone.drifting()).toEqual([]);
  return clone;
}

/** Nothing that the agent keeps names the other instance, but for the sentence that says whose disk it was. */
function expectForgotten(clone: Instance, other: string): void {
  expect(readdirSync(join(clone.root, state, 'journal'))).toEqual(['i-0c10ec10ec10ec10e']);
  const records = readdirSync(join(clone.root, state, 'reports'));
  expect(records).toHaveLength(2);
  for (const name of records) {
    const { start, events, ...rest } = JSON.parse(clone.read(`${state}/reports/${name}`));
    expect(start.because).toContain(other);
    expect(JSON.stringify(rest)).not.toContain(other);
  }
}

test('a clone of a booted machine is told apart, and behaves as a new one', async () => {
  const first = await launch('plain');
  bakePlainRole(first);
  await first.powerOn();
  expect(await first.booted()).toMatchObject({ Result: 'success' });
  expect(first.record.start?.kind).toBe('first boot');
  const other = first.record.identity?.facts.instance_id ?? '';
  const machineId = first.read('etc/machine-id');
  await first.powerOff();

  const clone = await bootClone(first);
  expect(clone.record.start?.kind).toBe('clone');
  expectForgotten(clone, other);
  // The image was not sealed: systemd keeps the machine id that it finds.
  expect(clone.read('etc/machine-id')).toBe(machineId);
  expect(warningsOf(clone)).toContainEqual(expect.stringContaining('its machine id'));

  await clone.reboot();
  expect(await clone.booted()).toMatchObject({ Result: 'success' });
  expect(clone.record.start).toMatchObject({ kind: 'reboot', changes: [] });
  expect((await clone.books(group)).completions).toEqual([200]);
});

test('so is one of a machine whose power was cut in the middle of its first boot', async () => {
  const first = await launch('plain');
  const patient = `require('fs').existsSync('/srv/go') && require('http').createServer((q, r) => r.end('ok')).listen(4000); setInterval(() => {}, 1e6)`;
  bakePlainRole(first, { program: patient });
  await first.powerOn();
  await first.until('it waits for health', async () =>
    /"state": "probing"/.test((await first.run('cat', '/run/bootstrap-agent/status.json')).stdout),
  );
  await first.cutPower();
  expect((await first.books(group)).completions).toEqual([]);
  first.bake('srv/go', '');

  const clone = await bootClone(first);
  expect(clone.record.start).toMatchObject({
    kind: 'clone',
    because: expect.stringContaining('did not come to its end'),
  });
});

test('a sealed machine id is made anew, and nothing is warned of', async () => {
  const first = await launch('plain');
  bakePlainRole(first);
  await first.powerOn();
  await first.booted();
  const machineId = first.read('etc/machine-id');
  await first.powerOff();
  writeFileSync(join(first.root, 'etc/machine-id'), '');

  const clone = await bootClone(first);
  expect(clone.record.start?.kind).toBe('clone');
  expect(clone.read('etc/machine-id')).not.toBe(machineId);
  expect(warningsOf(clone).filter((message) => /machine id/.test(message))).toEqual([]);
});
