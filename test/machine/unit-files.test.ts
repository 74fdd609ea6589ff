import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { instancesOfThisFile, unit } from './instances.ts';
import { bakePlainRole } from './plain.ts';

const launch = instancesOfThisFile();
const units = readdirSync('systemd').filter((name) => /\.(service|target)$/.test(name));

test('systemd finds no fault in the units, and as much exposure as the documentation says', async () => {
  const node = await launch('plain');
  bakePlainRole(node);
  await node.powerOn();
  await node.booted();
  expect(await node.say('systemd-analyze', 'verify', ...units)).toBe('');
  expect(await node.say('systemctl', 'is-enabled', unit)).toBe('enabled');

  const documentation = readFileSync('docs/operations.md', 'utf8');
  for (const name of [unit, 'bootstrap-agent-watch.service']) {
    const { stdout } = await node.run('systemd-analyze', 'security', '--no-pager', name);
    const stated = /Overall exposure level for .*: [\d.]+ [A-Z]+/.exec(stdout)?.[0];
    expect(stated, name).toContain(name);
    expect(documentation).toContain(stated);
  }
});

test('a boot that hangs every time is given up in the end', async () => {
  const node = await launch('plain');
  bakePlainRole(node);
  // The unit's own interval and number of tries; only what one try takes is shortened.
  node.bake(
    'etc/systemd/system/bootstrap-agent.service.d/hurry.conf',
    '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\nTimeoutStartSec=2\nRestartSec=100ms\n',
  );
  await node.powerOn();
  await node.until('systemd has given it up', async () => {
    const { ActiveState, SubState } = await node.properties(unit);
    return ActiveState === 'failed' && SubState === 'failed';
  });
  const { NRestarts, StartLimitBurst } = await node.properties(unit);
  // systemd 252 counts each start twice.
  expect(Number(NRestarts)).toBeGreaterThanOrEqual(Number(StartLimitBurst) / 2);
  expect(Number(NRestarts)).toBeLessThanOrEqual(Number(StartLimitBurst));
});

test('a boot that stands still is ended and tried again', async () => {
  const node = await launch('plain');
  bakePlainRole(node);
  node.bake(
    'etc/systemd/system/bootstrap-agent.service.d/hurry.conf',
    '[Service]\nTimeoutStartSec=3\nRestartSec=100ms\n',
  );
  // Stopped on purpose, before it can ask for more time: nothing of it runs any more.
  node.bake('srv/plain.cjs', '');
  await node.powerOn();
  // In one breath: on a slow machine systemd may end it meanwhile, and the next one has another id.
  const stop = `pid=$(systemctl show -P MainPID ${unit}) && [ "$pid" != 0 ] && kill -STOP "$pid"`;
  await node.until('the agent is at work, and stands still', async () => {
    return (await node.run('sh', '-c', stop)).code === 0;
  });
  await node.until('systemd has tried again', async () => {
    return (await node.properties(unit)).NRestarts !== '0';
  });
});
