import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { leaves, leavingNode } from './leaving-node.ts';

const over = (state: string | undefined) => state === 'drained' || state === 'incomplete';

describe('scale-in', () => {
  it('drains once the group has deregistered the node, and completes the hook', async () => {
    const node = await leavingNode();
    node.watched();
    node.occur('terminate');
    const leaving = await node.until('drained', (one) => over(one?.drain?.state));
    expect(leaving?.drain).toMatchObject({ state: 'drained', kinds: ['termination'] });
    expect(leaving?.drain?.stages.map(({ stage, outcome }) => [stage, outcome])).toEqual([
      ['target groups', 'done'],
      ['connections', 'done'],
      ['services', 'done'],
    ]);
    expect(node.stops()).toEqual(['tomcat10.service']);
    expect(node.actions['node-has-left']?.outcome).toMatchObject({
      result: 'CONTINUE',
      how: 'completed',
    });
    expect(node.state).toBe('Terminated');
    // The group did that itself.
    expect(node.calls('DeregisterTargets')).toEqual([]);
  });

  it('keeps the hook waiting for as long as it works', async () => {
    const role = '  drain: { commands: { slow: { run: [/usr/bin/slow], timeout: 300 } } }\n';
    const machine = `
machine:
  commands:
    - { match: /usr/bin/slow, takes_ms: 150000 }
`;
    const node = await leavingNode(`${leaves}${machine}`, role);
    node.watched();
    node.occur('terminate');
    await node.until('drained', (one) => over(one?.drain?.state));
    expect(node.actions['node-has-left']?.heartbeats).toBeGreaterThanOrEqual(2);
    expect(node.actions['node-has-left']?.outcome?.how).toBe('completed');
  });
});

describe('a spot interruption', () => {
  const spot = `${leaves}instance: { life_cycle: spot }\n`;

  it('takes the node out of its target groups, waits, and stops the services, within the notice', async () => {
    const node = await leavingNode(spot);
    await node.until('healthy', () => node.target === 'healthy');
    node.watched();
    const noticed = node.clock.now();
    node.occur('spot', 120);
    const leaving = await node.until('drained', (one) => over(one?.drain?.state));
    expect(leaving?.drain).toMatchObject({ state: 'drained', kinds: ['spot'], deregistered: true });
    expect(leaving?.drain?.finishedAt).toBeLessThan(noticed + 120_000);
    expect(leaving?.drain?.stages[0]).toMatchObject({ stage: 'no new work', outcome: 'done' });
    expect(node.target).toBe('unused');
    expect(node.stops()).toEqual(['tomcat10.service']);
    // No hook waits for it.
    expect(node.calls('CompleteLifecycleAction')).toHaveLength(1);
  });

  it('after a rebalance recommendation that drains: the time gets shorter, and the work is done once', async () => {
    const role =
      '  drain: { on: { rebalance: drain }, commands: { bye: { run: [/usr/bin/bye] } } }\n';
    const node = await leavingNode(spot, role);
    node.watched();
    node.occur('rebalance');
    await node.until('draining', (one) => one?.drain?.state === 'draining');
    node.occur('spot', 60);
    const leaving = await node.until('both known, and over', (one) =>
      Boolean(one?.drain?.kinds.includes('spot') && over(one.drain.state)),
    );
    expect(leaving?.drain?.kinds).toEqual(['rebalance', 'spot']);
    expect(node.host.commands.filter(({ argv }) => argv[0] === '/usr/bin/bye')).toHaveLength(1);
    expect(node.stops()).toEqual(['tomcat10.service']);
  });

  it('notes a rebalance recommendation, unless the class wants more', async () => {
    const node = await leavingNode(spot);
    node.watched();
    node.occur('rebalance');
    await node.until('noted', (one) => one?.notices.some(({ kind }) => kind === 'rebalance'));
    expect(node.events.find(({ type }) => type === 'notice')).toMatchObject({ leads: 'noted' });
    expect((await node.leaving())?.drain).toBeUndefined();
    node.occur('withdraw');
    await node.until('withdrawn', (one) => one?.notices.length === 0);
    expect(node.events.map(({ type }) => type)).toContain('notice-withdrawn');
  });
});

describe('what the class wants', () => {
  const role = `  drain:
    unready: /run/shop/unready
    stop_work: { queue: { run: [/usr/bin/queue, pause] } }
    commands:
      broken: { run: [/usr/bin/broken] }
      after: { run: [/usr/bin/after] }
    logs: s3://acme-releases-eu-west-1/logs
`;
  const machine = `
machine:
  commands:
    - { match: /usr/bin/broken, exit: 3, stderr: "no such queue\\n" }
    - { match: "journalctl *", stdout: "the service said simulated-p@ssword/42\\n" }
`;

  it('in this order; what fails is told and does not keep the rest from being done', async () => {
    const node = await leavingNode(`${leaves}${machine}`, role);
    node.watched();
    node.occur('terminate');
    const leaving = await node.until('over', (one) => over(one?.drain?.state));
    expect(leaving?.drain?.state).toBe('incomplete');
    expect(leaving?.drain?.stages.map(({ stage, outcome }) => [stage, outcome])).toEqual([
      ['no new work', 'done'],
      ['target groups', 'done'],
      ['connections', 'done'],
      ['services', 'done'],
      ['command broken', 'failed'],
      ['command after', 'done'],
      ['logs', 'done'],
    ]);
    expect(leaving?.drain?.stages[4]?.because).toContain('no such queue');
    expect(await node.host.files.read('/run/shop/unready')).toBeDefined();
    const ran = node.host.commands.map(({ argv }) => argv[0]);
    expect(ran.indexOf('/usr/bin/queue')).toBeLessThan(ran.lastIndexOf('/usr/bin/broken'));
    expect(node.actions['node-has-left']?.outcome?.how).toBe('completed');
  });

  it('the logs are in S3, without the secrets that they held', async () => {
    const node = await leavingNode(`${leaves}${machine}`, role);
    node.watched();
    node.occur('terminate');
    const leaving = await node.until('over', (one) => over(one?.drain?.state));
    const folder = `logs/${node.instanceId}/${leaving?.drain?.id}`;
    const text = (name: string) => {
      const stored = node.simulation.aws.objects.bytes(
        'acme-releases-eu-west-1',
        `${folder}/${name}.gz`,
      );
      return gunzipSync(stored as Buffer).toString();
    };
    expect(text('journal.txt')).toBe('the service said [redacted]\n');
    expect(JSON.parse(text('boot.json'))).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(text('leaving.json'))).toMatchObject({ drain: { kinds: ['termination'] } });
  });
});

describe('stopped and begun again', () => {
  const slow = `${leaves}
machine:
  commands:
    - { match: /usr/bin/slow, takes_ms: 20000 }
`;
  const role =
    '  drain: { stop_work: { once: { run: [/usr/bin/once] } }, commands: { slow: { run: [/usr/bin/slow] } } }\n';

  it('a drain that was cut off goes on where it was, with the time it had', async () => {
    const node = await leavingNode(slow, role);
    const stop = node.watched();
    node.occur('terminate');
    const first = await node.until('at the slow command', (one) =>
      one?.drain?.stages.some(({ stage }) => stage === 'services'),
    );
    await stop();
    expect((await node.leaving())?.drain?.state).toBe('draining');
    node.watched();
    const second = await node.until('over', (one) => over(one?.drain?.state));
    expect(second?.drain).toMatchObject({ id: first?.drain?.id, state: 'drained' });
    expect(second?.drain?.until).toBeLessThanOrEqual(first?.drain?.until ?? 0);
    expect(node.host.commands.filter(({ argv }) => argv[0] === '/usr/bin/once')).toHaveLength(1);
    expect(node.stops()).toEqual(['tomcat10.service']);
    expect(node.actions['node-has-left']?.outcome?.how).toBe('completed');
  });

  it('told to stop, it drains nothing; unless the machine is switched off', async () => {
    const node = await leavingNode();
    await node.watched()();
    expect((await node.leaving())?.drain).toBeUndefined();
    expect(node.stops()).toEqual([]);

    const off = `${leaves}
machine:
  commands:
    - { match: "systemctl list-jobs *", stdout: "123 poweroff.target start waiting\\n" }
`;
    const dying = await leavingNode(
      off,
      '  drain: { commands: { bye: { run: [/usr/bin/bye] } } }\n',
    );
    await dying.until('healthy', () => dying.target === 'healthy');
    const stop = dying.watched();
    await dying.until('watched', (one) => one?.wasInService);
    await stop();
    expect((await dying.leaving())?.drain).toMatchObject({
      state: 'drained',
      kinds: ['shutdown'],
      deregistered: true,
    });
    expect(dying.host.commands.map(({ argv }) => argv[0])).toContain('/usr/bin/bye');
    // systemd does that, right after.
    expect(dying.stops()).toEqual([]);
  });

  it('a reboot is no reason', async () => {
    const node = await leavingNode(`${leaves}
machine:
  commands:
    - { match: "systemctl list-jobs *", stdout: "7 reboot.target start waiting\\n8 systemd-reboot.service start waiting\\n" }
`);
    await node.watched()();
    expect((await node.leaving())?.drain).toBeUndefined();
  });
});

describe('coming back', () => {
  it('from standby, where the class drains for it', async () => {
    const node = await leavingNode(
      leaves,
      '  drain: { on: { standby: drain }, unready: /run/no }\n',
    );
    node.watched();
    node.occur('standby');
    await node.until('drained', (one) => one?.drain?.state === 'drained');
    expect(node.stops()).toEqual(['tomcat10.service']);
    node.occur('return');
    await node.until(
      'back',
      (one) => one?.drain?.state === 'lost' || one?.drain?.state === 'returned',
    );
    expect(node.host.commands.map(({ argv }) => argv.join(' '))).toContain(
      'systemctl restart -- bootstrap-agent.service',
    );
    expect(await node.host.files.read('/run/no')).toBeUndefined();
  });
});

describe('detached from its group', () => {
  it('goes on by itself: noted, nothing is stopped, and no hook is answered', async () => {
    const node = await leavingNode();
    await node.until('healthy', () => node.target === 'healthy');
    node.watched();
    await node.until('watched', (one) => one?.wasInService);
    node.occur('detach');
    await node.until('noted', (one) => one?.notices.some(({ kind }) => kind === 'detached'));
    await node.until('detached', () => node.state === 'Detached');
    expect(node.events.find(({ type }) => type === 'notice')).toMatchObject({
      kind: 'detached',
      leads: 'noted',
    });
    expect((await node.leaving())?.drain).toBeUndefined();
    expect(node.stops()).toEqual([]);
    // That of the launch.
    expect(node.calls('CompleteLifecycleAction')).toHaveLength(1);
  });

  it('drains where the class wants that: the group takes it out of its target groups, and waits for nothing', async () => {
    const node = await leavingNode(leaves, '  drain: { on: { detached: drain } }\n');
    await node.until('healthy', () => node.target === 'healthy');
    node.watched();
    await node.until('watched', (one) => one?.wasInService);
    node.occur('detach');
    const leaving = await node.until('over', (one) => over(one?.drain?.state));
    expect(leaving?.drain).toMatchObject({
      state: 'drained',
      kinds: ['detached'],
      deregistered: false,
    });
    expect(leaving?.drain?.stages[0]).toMatchObject({ stage: 'target groups', outcome: 'done' });
    expect([node.target, node.stops()]).toEqual(['unused', ['tomcat10.service']]);
    expect(node.calls('DeregisterTargets')).toEqual([]);
    expect(node.calls('CompleteLifecycleAction')).toHaveLength(1);
    expect(node.events.filter(({ type }) => type === 'warning')).toEqual([]);
  });
});
