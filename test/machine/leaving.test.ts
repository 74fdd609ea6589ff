import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Leaving } from '../../src/lifecycle/leaving.ts';
import { type Instance, instancesOfThisFile } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
const watch = 'bootstrap-agent-watch.service';
const group = 'shop-tomcat';

/** Answers /slow after some seconds, and ends on SIGTERM once everybody was answered. */
const program = `const http = require('http');
const server = http.createServer((q, r) => q.url === '/slow' ? setTimeout(() => r.end('done'), 5000) : r.end('ok'));
server.listen(4000);
process.on('SIGTERM', () => server.close(() => { console.log('stopped in good order'); process.exit(0); }));`;

/** The command tells what it found: on scale-in it runs after the services were stopped, at power-off before. */
const drain = `drain:
  connections: 20
  logs: s3://acme-releases-eu-west-1/logs/
  commands:
    witness: { run: "systemctl is-active plain.service > /srv/witness || true" }
`;

async function watched(): Promise<Instance> {
  const node = await launch('leaving');
  bakePlainRole(node, { program, role: drain });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  await node.until('it is watched', async () => (await leaving(node))?.wasInService === true);
  return node;
}

async function leaving(node: Instance): Promise<Leaving | undefined> {
  const { code, stdout } = await node.run('cat', '/run/bootstrap-agent/leaving.json');
  return code === 0 ? (JSON.parse(stdout) as Leaving) : undefined;
}

test('scale-in: what is in flight is finished, the drain stops the service, and the hook is completed', async () => {
  const node = await watched();
  const slow = node.page(4000, '/slow');
  await node.occur('terminate');
  expect(await slow).toEqual({ status: 200, body: 'done' });
  await node.until('it is drained', async () => (await leaving(node))?.drain?.state === 'drained');

  const { state, completions, calls } = await node.books(group);
  expect(state).toBe('Terminated');
  expect(completions).toEqual([200, 200]);
  expect(await node.properties('plain.service')).toMatchObject({
    ActiveState: 'inactive',
    Result: 'success',
  });
  const journal = await node.say('journalctl', '-u', 'plain.service', '-o', 'cat', '--no-pager');
  expect(journal).toContain('stopped in good order');
  expect(node.read('srv/witness')).toBe('inactive\n');
  const written = calls.filter(({ operation }) => operation === 'PutObject');
  expect(written.map(({ subject }) => subject.split('/').at(-1)).sort()).toEqual([
    'boot.json.gz',
    'journal.txt.gz',
    'leaving.json.gz',
  ]);
  // The group took it out of the target group by itself.
  expect(calls.some(({ operation }) => operation === 'DeregisterTargets')).toBe(false);
  const status = await node.say('agent', 'status');
  expect(status).toMatch(/^drain +drained after .*the group terminates this instance$/m);
  expect(status).toMatch(/^watch +running, process \d+$/m);
  // Stopping a class leaves nothing failed behind.
  expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
});

test('switched off: drained in short, while the services are still at work', async () => {
  const node = await watched();
  await node.powerOff();
  expect(node.read('srv/witness')).toBe('active\n');
  const { calls } = await node.books(group);
  expect(calls.some(({ operation }) => operation === 'DeregisterTargets')).toBe(true);
  // And it works as ever when it is switched on again.
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.page(4000, '/')).body).toBe('ok');
});

test('a restart of the watch, and a reboot, drain nothing', async () => {
  const node = await watched();
  await node.say('systemctl', 'restart', watch);
  await node.until('it watches again', async () => (await leaving(node))?.watching === true);
  expect((await leaving(node))?.drain).toBeUndefined();
  expect((await node.page(4000, '/')).body).toBe('ok');
  await node.reboot();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  await node.until('it is watched', async () => (await leaving(node))?.wasInService === true);
  expect(existsSync(join(node.root, 'srv/witness'))).toBe(false);
  const { calls } = await node.books(group);
  expect(calls.some(({ operation }) => operation === 'DeregisterTargets')).toBe(false);
});

test('kill -9 in the middle of a drain: the next watch goes on with it', async () => {
  const node = await launch('leaving');
  const slow = `${drain}    slow: { run: "echo once >> /srv/begun; sleep 3; echo >> /srv/ended" }\n`;
  bakePlainRole(node, { program, role: slow });
  await node.powerOn();
  await node.booted();
  await node.until('it is watched', async () => (await leaving(node))?.wasInService === true);
  await node.occur('terminate');
  await node.until('it is at its last command', () => existsSync(join(node.root, 'srv/begun')));
  const { MainPID = '' } = await node.properties(watch);
  await node.say('kill', '-9', MainPID);
  await node.until('it is drained', async () => (await leaving(node))?.drain?.state === 'drained');
  expect(node.read('srv/begun')).toBe('once\nonce\n');
  const { state, completions } = await node.books(group);
  expect([state, completions]).toEqual(['Terminated', [200, 200]]);
});

test('by hand, and back again', async () => {
  const node = await watched();
  expect(await node.say('agent', 'drain')).toContain('This node is drained');
  expect((await node.properties('plain.service')).ActiveState).toBe('inactive');
  expect(await node.say('agent', 'drain', '--cancel')).toBe('This node is back in service.');
  expect((await node.page(4000, '/')).body).toBe('ok');
  const { calls, state } = await node.books(group);
  const targets = calls.filter(({ operation }) => /^(De)?[Rr]egisterTargets$/.test(operation));
  expect(targets.map(({ operation }) => operation)).toEqual([
    'DeregisterTargets',
    'RegisterTargets',
  ]);
  expect(state).toBe('InService');
});
