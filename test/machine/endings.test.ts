import { expect, test } from 'vitest';
import { instancesOfThisFile, unit } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
const group = 'shop-tomcat';
const lastWords = 'schema 41 is older than 42: migrate the database first';

test('a service that dies: ABANDON, and its last words are kept', async () => {
  const node = await launch('plain');
  bakePlainRole(node, { program: `console.error('${lastWords}'); process.exit(3)` });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({
    ActiveState: 'failed',
    ExecMainStatus: '1',
    NRestarts: '0',
  });
  const { state, completions } = await node.books(group);
  expect([state, completions]).toEqual(['Terminating', [200]]);
  expect(node.record.verdict?.result).toBe('ABANDON');
  expect(node.record.verdict?.because).toContain(lastWords);
  await node.until('the console says why', () => node.console.includes(lastWords));
});

test('a service that runs and is never healthy: ABANDON at the deadline, with its last words', async () => {
  const node = await launch('plain');
  bakePlainRole(node, {
    program: `console.error('${lastWords}'); require('http').createServer((q, r) => r.writeHead(503).end()).listen(4000)`,
    deadline: 3,
  });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ ActiveState: 'failed', ExecMainStatus: '1' });
  expect((await node.books(group)).state).toBe('Terminating');
  expect(node.record.verdict?.because).toContain('503');
  expect(node.record.verdict?.because).toContain(lastWords);
});

test('a service that systemd starts again until it works is waited for', async () => {
  const node = await launch('plain');
  // As one does that wants its database at the start: it ends twice, and stays the third time.
  const program = `const fs = require('fs');
fs.appendFileSync('/run/tries', 'x');
if (fs.statSync('/run/tries').size < 3) process.exit(3);
require('http').createServer((q, r) => r.end('ok')).listen(4000);`;
  bakePlainRole(node, { program, service: ['Restart=on-failure', 'RestartSec=1'] });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.properties('plain.service')).NRestarts).toBe('2');
  expect((await node.books(group)).state).toBe('InService');
});

test('a service that is ordered after everything can be started during the boot', async () => {
  const node = await launch('plain');
  bakePlainRole(node, { unit: 'After=multi-user.target graphical.target getty.target' });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.books(group)).state).toBe('InService');
});

test('units of people start after the agent, and not at all on a node that failed', async () => {
  const units = {
    'etc/systemd/system/after.service':
      '[Unit]\nAfter=bootstrap-agent.target\nRequires=bootstrap-agent.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=systemctl is-active plain.service\n[Install]\nWantedBy=multi-user.target\n',
  };
  const [healthy, failing] = await Promise.all([launch('plain'), launch('plain')]);
  bakePlainRole(healthy);
  bakePlainRole(failing, { program: 'process.exit(3)' });
  for (const node of [healthy, failing]) {
    for (const [path, text] of Object.entries(units)) node.bake(path, text);
    node.enable('after.service');
    await node.powerOn();
  }
  await healthy.booted();
  await healthy.until('it was started', async () => {
    return (await healthy.properties('after.service')).ActiveState === 'active';
  });
  await failing.booted();
  await failing.until('its job is gone', async () => {
    return (await failing.say('systemctl', 'list-jobs', '--plain', '--no-legend')) === '';
  });
  expect((await failing.properties('after.service')).ActiveState).toBe('inactive');
});

test('stopped during a boot: nothing is signalled, and the next start ends in CONTINUE', async () => {
  const node = await launch('plain');
  const patient = `require('fs').existsSync('/srv/go') && require('http').createServer((q, r) => r.end('ok')).listen(4000); setInterval(() => {}, 1e6)`;
  bakePlainRole(node, { program: patient });
  await node.powerOn();
  await node.until('it waits for health', async () =>
    /Waiting until/.test((await node.properties(unit)).StatusText ?? ''),
  );
  await node.say('systemctl', 'stop', unit);
  expect(await node.properties(unit)).toMatchObject({
    ActiveState: 'inactive',
    Result: 'success',
    ExecMainStatus: '75',
  });
  expect((await node.books(group)).completions).toEqual([]);

  node.bake('srv/go', '');
  await node.say('systemctl', 'restart', 'plain.service');
  await node.say('systemctl', 'start', unit);
  const { state, completions } = await node.books(group);
  expect([state, completions]).toEqual(['InService', [200]]);
});

test('shut down during a boot, and switched on again: CONTINUE', async () => {
  const node = await launch('plain');
  const patient = `require('fs').existsSync('/srv/go') && require('http').createServer((q, r) => r.end('ok')).listen(4000); setInterval(() => {}, 1e6)`;
  bakePlainRole(node, { program: patient });
  await node.powerOn();
  await node.until('it waits for health', async () =>
    /Waiting until/.test((await node.properties(unit)).StatusText ?? ''),
  );
  await node.powerOff();
  expect((await node.books(group)).completions).toEqual([]);
  node.bake('srv/go', '');
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  const { state, completions } = await node.books(group);
  expect([state, completions]).toEqual(['InService', [200]]);
});

test('a service of the role that waits for the agent is refused at once', async () => {
  const node = await launch('plain');
  bakePlainRole(node, { unit: 'After=bootstrap-agent.target' });
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ ActiveState: 'failed', ExecMainStatus: '78' });
  expect(node.record.verdict?.because).toContain('Take After=bootstrap-agent.target out');
});
