import { expect, test } from 'vitest';
import { instancesOfThisFile, unit } from './instances.ts';

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

async function active(node: { run: (...argv: string[]) => Promise<{ code: number }> }, of: string) {
  return (await node.run('systemctl', 'is-active', '--quiet', `${of}.service`)).code === 0;
}
