import { copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { layer } from './image/layer.ts';
import { type Instance, instancesOfThisFile } from './instances.ts';

const launch = instancesOfThisFile();
const { distribution, folder } = inject('image');
const base = join(import.meta.dirname, 'scenarios/tomcat-application');
const application = join(folder, 'tomcat-application');

beforeAll(async () => {
  const drivers = await layer(['libh2-java'], [distribution]);
  const war = join(application, 'with-driver');
  cpSync(join(base, 'shop-war'), war, { recursive: true });
  mkdirSync(join(war, 'WEB-INF/lib'));
  const jar = readdirSync(join(drivers, 'usr/share/java')).find((name) => /^h2-.*jar$/.test(name));
  copyFileSync(join(drivers, 'usr/share/java', jar ?? 'h2.jar'), join(war, 'WEB-INF/lib/h2.jar'));
  writeFileSync(
    join(application, 'scenario.yaml'),
    `extends: ${base}
description: The same, with its driver.
aws:
  buckets:
    acme-releases-eu-west-1:
      shop/1.4.2/shop.war: { zip: with-driver }
`,
  );
});

test('a real application: its pages, its database, its log; and a stop that waits for requests', async () => {
  const node = await launch(application);
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  expect(await node.drifting()).toEqual([]);
  await behindItsLoadBalancer(node);
  await heapAsPlanned(node);
  await stopsGracefully(node);
});

async function behindItsLoadBalancer(node: Instance): Promise<void> {
  const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', 'x-forwarded-proto': 'https' };
  const page = await node.request({ port: 8080, path: '/shop/health.jsp', headers });
  // The user of the secret: whatever characters its password has.
  expect([page.status, page.body.trim()]).toEqual([200, 'SHOP https 203.0.113.7']);
  const logs = 'var/log/tomcat10';
  await node.until('the access log has the client', () =>
    readdirSync(join(node.root, logs))
      .filter((name) => name.startsWith('access_log.'))
      .some((name) =>
        /^203\.0\.113\.7 .*GET \/shop\/health\.jsp/m.test(node.read(`${logs}/${name}`)),
      ),
  );
  for (const path of ['/', '/shop/none']) {
    const { status, body } = await node.request({ port: 8080, path });
    expect([status, body.includes('Tomcat')]).toEqual([404, false]);
  }
}

/** All of it is there: missing memory would show at boot. */
async function heapAsPlanned(node: Instance): Promise<void> {
  const { MainPID = '' } = await node.properties('tomcat10.service');
  const argv = (await node.say('cat', `/proc/${MainPID}/cmdline`)).split('\0');
  expect(argv).toEqual(expect.arrayContaining(['-Xms1147m', '-Xmx1147m']));
  const status = await node.say('cat', `/proc/${MainPID}/status`);
  expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])).toBeGreaterThan(1147 * 1024);
  const mappings = await node.say('cat', `/proc/${MainPID}/smaps`);
  // "hg": huge pages were asked for (proc(5), VmFlags).
  expect(mappings).toMatch(/^VmFlags:.* hg/m);
}

async function stopsGracefully(node: Instance): Promise<void> {
  const slow = node.request({ port: 8080, path: '/shop/health.jsp?ms=3000' });
  // The request is in: its thread sleeps.
  await node.until('a request is being served', async () => {
    const { stdout } = await node.run('ss', '-Htn', 'state', 'established', 'sport = :8080');
    return stdout.trim() !== '';
  });
  await node.say('systemctl', 'stop', '--no-block', 'tomcat10');
  await node.until('the port is shut', async () => {
    const { stdout } = await node.run('ss', '-Hltn', 'sport = :8080');
    return stdout.trim() === '';
  });
  await expect(node.request({ port: 8080, path: '/shop/health.jsp' })).rejects.toThrow(/REFUSED/);
  expect(await slow).toMatchObject({ status: 200, body: expect.stringContaining('SHOP http') });
  await node.until('it has stopped', async () => {
    return (await node.properties('tomcat10.service')).ActiveState === 'inactive';
  });
  expect(await node.properties('tomcat10.service')).toMatchObject({ Result: 'success' });
}
