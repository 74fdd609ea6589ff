import { describe, expect, it } from 'vitest';
import { readStatus } from '../../src/engine/status-file.ts';
import type { Event } from '../../src/events.ts';
import { PooledNode, stepsOf } from './pooled-node.ts';
import { changedSteps } from './same-disk.ts';
import { boots, surroundingsOf, warnings } from './trial-boot.ts';

const waiting = ['secrets', 'file:/run/shop/db.env', 'command:huge_pages', 'service:tomcat10'];
const isActive = async (node: PooledNode) =>
  (await node.host.run(['systemctl', 'is-active', '--', 'tomcat10'])).stdout.trim();
const env = '/run/shop/db.env';

describe('into the pool', () => {
  it('is prepared, says so, and completes its hook; nothing runs that waits for service', async () => {
    const node = await PooledNode.launch('Stopped');
    const result = await node.boot();
    expect(result.verdict).toEqual({
      result: 'CONTINUE',
      because: 'prepared, waiting in the warm pool (Warmed:Stopped)',
    });
    expect([result.exitCode, warnings(result)]).toEqual([0, []]);
    await node.until('Warmed:Stopped');
    expect(node.history).toEqual([
      'Warmed:Pending',
      'Warmed:Pending:Wait',
      'Warmed:Pending:Proceed',
      'Warmed:Stopped',
    ]);
    expect(stepsOf(result)).toEqual(expect.arrayContaining(['packages', 'artifact:shop']));
    expect(stepsOf(result).filter((id) => waiting.includes(id))).toEqual([]);
    expect(stepsOf(result)).toContain('held-services');
    expect([await isActive(node), node.secretReads()]).toEqual(['inactive', 0]);
    expect(await readStatus(node.host.files)).toMatchObject({
      state: 'prepared',
      pool: 'Warmed:Stopped',
    });
  });

  it('a service that its package enabled does not start at the power-on out of the pool', async () => {
    const unit = '[Service]\\nExecStart=/x\\n[Install]\\nWantedBy=multi-user.target\\n';
    const node = await PooledNode.launch('Stopped', '');
    await node.host.files.write(
      '/usr/lib/systemd/system/tomcat10.service',
      unit.replaceAll('\\n', '\n'),
    );
    await node.host.run(['systemctl', 'enable', '--', 'tomcat10.service']);
    await node.host.run(['systemctl', 'start', '--', 'tomcat10.service']);
    await node.boot();
    const { stdout } = await node.host.run(['systemctl', 'is-enabled', '--', 'tomcat10.service']);
    expect([stdout.trim(), await isActive(node)]).toEqual(['masked', 'inactive']);
  });

  it('is taken out while it is being prepared: the rest is done in the same boot', async () => {
    const node = await PooledNode.launch('Stopped');
    const booting = node.boot();
    while (!node.ran.some(({ argv }) => argv[0] === 'apt-get'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    node.occur('scale-out');
    const result = await booting;
    expect(result.events.map(({ type }) => type)).toContain('pool-left');
    expect(result.verdict.because).not.toContain('warm pool');
    await node.until('InService');
    expect([await isActive(node), result.exitCode]).toEqual(['active', 0]);
  });

  it('where the pool is empty, launches directly', async () => {
    const surroundings = await surroundingsOf();
    const result = await boots(surroundings);
    expect(result.events.map(({ type }) => type)).not.toContain('pool-entered');
    expect(
      await surroundings.host.files.read('/run/bootstrap-agent/prepared.json'),
    ).toBeUndefined();
  });
});

describe('out of the pool', () => {
  it('of stopped instances: only what waited is done, and what was gone with the power', async () => {
    const node = await PooledNode.launch('Stopped');
    await node.boot();
    await node.until('Warmed:Stopped');
    node.occur('scale-out');
    await node.powerCycle();
    const result = await node.boot();
    await node.until('InService');
    const inMemory = ['kernel-modules', 'sysctl', 'directory:/run/shop'];
    const running = ['service:chrony', 'service:systemd-journald'];
    expect(changedSteps(result).filter((id) => ![...inMemory, ...running].includes(id))).toEqual(
      waiting.filter((id) => id !== 'command:huge_pages'),
    );
    expect(await isActive(node)).toBe('active');
  });

  it('takes a fraction of what a launch takes: no package, nothing of the release, a few calls', async () => {
    const told: Event[] = [];
    const listeners = [(event: Event) => void told.push(event)];
    const whole = await boots(await surroundingsOf(), { listeners });
    const node = await PooledNode.launch('Stopped');
    await node.boot();
    await node.until('Warmed:Stopped');
    node.occur('scale-out');
    await node.powerCycle();
    const { length } = node.happened;
    const out = await node.boot();
    const done = (result: typeof out, events: readonly Event[]) => ({
      steps: changedSteps(result).length,
      downloads: events.filter(({ type }) => type === 'step-progress').length,
      reads: result.record.calls.find(({ service }) => service === 's3')?.count ?? 0,
      packages: result.record.steps.find(({ id }) => id === 'packages')?.outcome,
    });
    const [launched, left] = [
      done(whole, told),
      done(
        out,
        node.happened.slice(length).map(({ event }) => event),
      ),
    ];
    expect(left).toMatchObject({ downloads: 0, packages: 'unchanged' });
    expect(launched.downloads).toBeGreaterThan(0);
    expect(launched.packages).toBe('changed');
    expect(left.steps).toBeLessThan(launched.steps / 2);
    expect(left.reads).toBeLessThan(launched.reads);
    // The machine is the same in the end.
    expect(out.record.planDigest).toBe(whole.record.planDigest);
  });

  it.each(['Running', 'Hibernated'])(
    'of %s instances: the watch notices, in the same boot of the kernel',
    async (pool) => {
      const node = await PooledNode.launch(pool);
      await node.boot();
      await node.until(`Warmed:${pool}`);
      node.watched();
      node.occur('scale-out');
      await node.until('InService', 2);
      expect(await isActive(node)).toBe('active');
      const [, second, ...more] = node.boots;
      expect([changedSteps(second as never), more]).toEqual([
        waiting.filter((id) => id !== 'command:huge_pages'),
        [],
      ]);
      expect(await node.host.files.read('/run/bootstrap-agent/prepared.json')).toBeUndefined();
    },
  );

  it('taken back on scale-in: drained, without its secrets, prepared; and out of it again', async () => {
    const hooks = `aws: { groups: { shop-tomcat: { hooks: [{ name: ready, heartbeat_timeout: 300 }, { name: left, transition: terminating, heartbeat_timeout: 60 }], target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 5 } } } }\n`;
    const node = await PooledNode.launch('Running', hooks);
    await node.boot();
    node.watched();
    await node.until('Warmed:Running');
    node.occur('scale-out');
    await node.until('InService');
    expect(await node.host.files.read(env)).toBeDefined();
    node.occur('warm-pool');
    await node.until('Warmed:Running');
    expect(node.history.slice(-7)).toEqual([
      'Terminating',
      'Terminating:Wait',
      'Terminating:Proceed',
      'Warmed:Pending',
      'Warmed:Pending:Wait',
      'Warmed:Pending:Proceed',
      'Warmed:Running',
    ]);
    expect([await isActive(node), await node.host.files.read(env)]).toEqual([
      'inactive',
      undefined,
    ]);
    expect(await node.host.files.list('/run/bootstrap-agent/secrets')).toEqual([]);
    node.occur('scale-out');
    await node.until('InService', 4);
    expect([await isActive(node), node.boots.length]).toEqual(['active', 4]);
  });
});
