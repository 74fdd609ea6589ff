import { expect, test } from 'vitest';
import { type Instance, instancesOfThisFile, unit } from './instances.ts';

const launch = instancesOfThisFile();

test('three classes from one image, by the tag alone', async () => {
  const nodes = await Promise.all(['tomcat', 'php', 'erlang'].map((name) => launch(name)));
  const [tomcat, php, erlang] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
  await Promise.all(nodes.map((node) => node.powerOn()));
  for (const node of nodes) expect(await node.booted()).toMatchObject({ Result: 'success' });

  expect((await tomcat.books('shop-tomcat')).state).toBe('InService');
  expect((await php.books('shop-php')).state).toBe('InService');
  expect((await erlang.books('shop-erlang')).state).toBe('InService');
  expect((await tomcat.page(8080, '/shop/health')).body).toBe('ok\n');
  expect((await php.page(80, '/health')).body).toBe('ok');
  expect((await erlang.page(4000, '/health')).body).toBe('ok');
  const running = (name: string) => Promise.all(nodes.map((node) => active(node, name)));
  expect(await running('tomcat10')).toEqual([true, false, false]);
  expect(await running('php8.2-fpm')).toEqual([false, true, false]);
  expect(await running('epmd')).toEqual([false, false, true]);
  for (const node of nodes) expect(await node.drifting()).toEqual([]);
});

test('an unknown class is told once, and not tried again', async () => {
  const node = await launch('unknown-class');
  await node.powerOn();
  expect(await node.booted()).toMatchObject({
    ActiveState: 'failed',
    ExecMainStatus: '78',
    NRestarts: '0',
  });
  expect((await node.properties('bootstrap-agent.target')).ActiveState).toBe('inactive');
  const { state, completions } = await node.books('shop-tomcat');
  expect([state, completions]).toEqual(['Terminating', [200]]);
  await node.until('the console says why', () => node.console.includes('tomkat'));
  expect(node.console).toMatch(/exit code +78/);
  expect((await node.properties(unit)).NRestarts).toBe('0');
});

/** A class of one service that answers on the same port as every other of these. */
function bakeClass(node: Instance, name: string): void {
  node.bake(
    `srv/${name}.cjs`,
    `require('http').createServer((q, r) => r.end('${name}')).listen(4000);`,
  );
  node.bake(
    `etc/bootstrap-agent/roles/${name}.yaml`,
    `description: One service that answers ${name}.
services:
  ${name}:
    enable: true
    unit: |
      [Service]
      ExecStart=/opt/bootstrap-agent/bin/node /srv/${name}.cjs
      [Install]
      WantedBy=multi-user.target
probes:
  ${name}:
    http: { port: 4000, path: / }
    deadline: 60
`,
  );
}

test('the class of user data wins over the tag', async () => {
  const node = await launch('user-data-class');
  for (const name of ['plain', 'other']) bakeClass(node, name);
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.page(4000, '/')).body).toBe('other');
  expect(node.record.identity?.class).toMatchObject({ name: 'other', source: 'user data' });
  expect(await active(node, 'plain')).toBe(false);
});

test('a class changed by user data while the instance was stopped: the old one ends, the new one runs', async () => {
  const node = await launch('plain');
  for (const name of ['plain', 'other']) bakeClass(node, name);
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect((await node.page(4000, '/')).body).toBe('plain');
  await node.powerOff();

  await node.startAs('user-data-class');
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  const { start, events } = node.record;
  expect(start?.kind).toBe('stop and start');
  expect(start?.changes).toContain('class: plain, now other');
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  expect(warnings).toContainEqual(
    'an earlier plan of class plain brought up plain.service: stopped and disabled now',
  );
  // systemd had started the old one by itself, on the port that the new one wants.
  expect([await active(node, 'plain'), await active(node, 'other')]).toEqual([false, true]);
  expect((await node.page(4000, '/')).body).toBe('other');
  expect(await node.drifting()).toEqual([]);

  await node.reboot();
  expect(await node.booted()).toMatchObject({ Result: 'success' });
  expect([await active(node, 'plain'), await active(node, 'other')]).toEqual([false, true]);
  expect(node.record.start).toMatchObject({ kind: 'reboot', changes: [] });
});

async function active(node: { run: (...argv: string[]) => Promise<{ code: number }> }, of: string) {
  return (await node.run('systemctl', 'is-active', '--quiet', `${of}.service`)).code === 0;
}
