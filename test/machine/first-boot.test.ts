import { expect, test } from 'vitest';
import { instancesOfThisFile, unit } from './instances.ts';

const launch = instancesOfThisFile();
const group = 'shop-tomcat';

test('a Tomcat node: from PID 1 to CONTINUE, and once more after a reboot', async () => {
  const node = await launch('tomcat');
  await node.powerOn();
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });

  const first = await node.books(group);
  expect(first.state).toBe('InService');
  expect(first.completions).toEqual([200]);
  expect(first.metadata.length).toBeLessThanOrEqual(10);
  expect(await node.page(8080, '/shop/health')).toEqual({ status: 200, body: 'ok\n' });

  const systemd = await node.properties(unit);
  expect(systemd.StatusText).toMatch(/^A healthy tomcat node: .*launch hook: CONTINUE completed$/);
  expect((await node.properties('bootstrap-agent.target')).ActiveState).toBe('active');
  expect(await node.say('systemctl', 'list-units', '--failed', '--quiet')).toBe('');
  expect(await node.say('systemctl', 'is-system-running')).toBe('running');
  expect(await node.drifting()).toEqual([]);

  const owners = (...paths: string[]) => node.say('stat', '-c', '%n %U:%G %a', ...paths);
  expect(
    await owners(
      ...['/etc/tomcat10/server.xml', '/etc/tomcat10/Catalina/localhost/shop.xml'],
      ...['/run/shop/db.env', '/run/bootstrap-agent/secrets/db', '/srv/shop/shop.war'],
    ),
  ).toBe(
    [
      '/etc/tomcat10/server.xml root:tomcat 640',
      '/etc/tomcat10/Catalina/localhost/shop.xml root:tomcat 640',
      '/run/shop/db.env root:root 600',
      '/run/bootstrap-agent/secrets/db root:root 400',
      '/srv/shop/shop.war root:root 644',
    ].join('\n'),
  );
  const kernel = await node.say('sysctl', '-n', 'net.core.somaxconn', 'vm.swappiness');
  expect(kernel).toBe('4096\n1');
  expect(node.read('etc/sysctl.d/60-bootstrap-agent.conf')).toContain('vm.swappiness = 1\n');
  expect(node.read('etc/modules-load.d/bootstrap-agent.conf')).toContain('tcp_bbr\n');
  const java = await node.properties('tomcat10.service');
  expect(java.DropInPaths).toContain('/tomcat10.service.d/50-bootstrap-agent.conf');
  expect(await node.say('pgrep', '-af', 'java')).toContain('-Xmx1147m');

  await node.reboot();
  expect(await node.booted()).toMatchObject({ Result: 'success', NRestarts: '0' });
  expect(await node.page(8080, '/shop/health')).toEqual({ status: 200, body: 'ok\n' });
  // What /run held is gone with the power; all else was found as it should be.
  const lost = ['directory:/run/shop', 'secrets', 'file:/run/shop/db.env', 'service:tomcat10'];
  // Enabled by the role: systemd starts it too, before the agent or after.
  expect(node.changed.filter((step) => step !== 'service:chrony').sort()).toEqual(lost.sort());
  const second = await node.books(group);
  expect(second.state).toBe('InService');
  // Not asked again: EC2 has not started it anew since, and it is in the group as before.
  expect(second.completions).toEqual([200]);
  expect((await node.properties(unit)).StatusText).toMatch(
    /launch hook: CONTINUE already-completed: an earlier run of the agent sent CONTINUE/,
  );
  expect(node.record.start).toMatchObject({ kind: 'reboot', changes: [] });
  expect(await node.drifting()).toEqual([]);
});
