import { existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { changedSteps, Disk, documentSays, groupCalls, hookEvent } from './same-disk.ts';
import { boots, told, warnings } from './trial-boot.ts';

const kindOf = (result: Awaited<ReturnType<typeof boots>>) => result.record.start?.kind;
const firstStart = { pendingTime: '2026-01-01T00:00:00Z' };
const asked = [
  'DescribeLifecycleHooks 200',
  'CompleteLifecycleAction 400',
  'DescribeAutoScalingInstances 200',
];

/** Whether it is there; where it leads lies below another root. */
const isLink = (path: string) =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/** A disk on which one boot was made, and the instance that has it. */
async function bootedOnce(yaml = '', files: Readonly<Record<string, string>> = {}) {
  const disk = new Disk();
  const instance = await disk.launch(yaml, files);
  documentSays(instance, firstStart);
  const calls = groupCalls(instance);
  const first = await boots(instance);
  expect([first.exitCode, first.verdict.because]).toEqual([0, expect.anything()]);
  expect(kindOf(first)).toBe('first boot');
  expect(calls()).toEqual(['DescribeLifecycleHooks 200', 'CompleteLifecycleAction 200']);
  return { disk, instance, calls, first };
}

describe('the same disk and instance again', () => {
  it('a reboot: what must hold is checked, and the group is not asked again', async () => {
    const { disk, instance, calls } = await bootedOnce();
    const result = await boots(await disk.powerOn(instance));
    expect([kindOf(result), result.record.start?.changes]).toEqual(['reboot', []]);
    expect(result.exitCode).toBe(0);
    // What lives in memory is made again, and nothing else.
    expect(changedSteps(result)).toEqual([
      ...['kernel-modules', 'sysctl', 'secrets', 'directory:/run/shop', 'file:/run/shop/db.env'],
      ...['service:chrony', 'service:systemd-journald', 'service:tomcat10'],
    ]);
    expect(hookEvent(result)).toEqual(['CONTINUE', 'already-completed']);
    expect(calls()).toEqual([]);
    // Twice: the memory outlives the journal that it was made in.
    const again = await boots(await disk.powerOn(instance));
    expect([kindOf(again), hookEvent(again)]).toEqual([
      'reboot',
      ['CONTINUE', 'already-completed'],
    ]);
    expect(calls()).toEqual([]);
  });

  it('another run in the same boot', async () => {
    const { instance, calls } = await bootedOnce();
    const result = await boots(instance);
    expect([kindOf(result), changedSteps(result)]).toEqual(['run again', []]);
    expect(calls()).toEqual([]);
  });

  it('stopped and started by EC2: the group is asked, since it may wait for an instance out of a warm pool', async () => {
    const { disk, instance, calls } = await bootedOnce();
    documentSays(instance, { pendingTime: '2026-01-02T00:00:00Z' });
    const result = await boots(await disk.powerOn(instance));
    expect(kindOf(result)).toBe('stop and start');
    expect(calls()).toEqual(asked);
  });

  it('out of a pool of running instances: a reboot in which the group waits all the same', async () => {
    const { disk, instance, calls } = await bootedOnce();
    instance.simulation.metadata.set(
      'meta-data/autoscaling/target-lifecycle-state',
      'Warmed:Running',
    );
    const result = await boots(await disk.powerOn(instance));
    expect(kindOf(result)).toBe('reboot');
    expect(calls()).toEqual(asked);
  });

  it('where metadata does not tell the target state, the group is asked', async () => {
    const { disk, instance, calls } = await bootedOnce();
    instance.simulation.metadata.set('meta-data/autoscaling/target-lifecycle-state', undefined);
    await boots(await disk.powerOn(instance));
    expect(calls()).toEqual(asked);
  });

  it('of another type: sized anew', async () => {
    const { disk, instance, first } = await bootedOnce();
    documentSays(instance, { pendingTime: '2026-01-02T00:00:00Z', instanceType: 'm5.2xlarge' });
    const machine = { ...instance.scenario.machine, memory_mib: 31_437 };
    const larger = { ...instance, scenario: { ...instance.scenario, machine } };
    const result = await boots(await disk.powerOn(larger));
    expect(result.record.start).toMatchObject({
      kind: 'changed instance type',
      because: 'm5.large became m5.2xlarge',
    });
    expect(result.record.start?.changes).toEqual([expect.stringMatching(/^plan: other: /)]);
    expect(result.record.planDigest).not.toBe(first.record.planDigest);
    expect(result.exitCode).toBe(0);
  });

  it('with another root volume, a copy of the first: the group may wait, as when it replaced the volume', async () => {
    const { disk, instance, calls } = await bootedOnce('machine: { root_volume: vol-0a }\n');
    const machine = { ...instance.scenario.machine, root_volume: 'vol-0b' };
    const swapped = { ...instance, scenario: { ...instance.scenario, machine } };
    const result = await boots(await disk.powerOn(swapped));
    expect(result.record.start).toMatchObject({
      kind: 'swapped root volume',
      because: `${instance.scenario.instance.instance_id} had vol-0a at its last run, and has vol-0b now`,
    });
    expect(calls()).toEqual(asked);
  });

  it('with another role: said which part, and followed', async () => {
    const { disk, instance } = await bootedOnce();
    const files = { 'user-data': '#bootstrap-agent\nrole: { sysctl: { vm.swappiness: 7 } }\n' };
    const changed = await disk.launch('', files);
    documentSays(changed, firstStart);
    const result = await boots(changed);
    expect(result.record.start).toMatchObject({ kind: 'reboot', changes: ['plan: other: sysctl'] });
    expect(instance.scenario.instance.instance_id).toBe(changed.scenario.instance.instance_id);
  });
});

describe('the disk of one instance in another', () => {
  const clone = `
instance: { instance_id: i-0c10ec10ec10ec10e }
`;
  const journals = (disk: Disk) => readdirSync(join(disk.root, 'var/lib/bootstrap-agent/journal'));
  const put = (disk: Disk, path: string, text: string) => {
    mkdirSync(join(disk.root, path, '..'), { recursive: true });
    writeFileSync(join(disk.root, path), text);
  };

  it('is a clone: boots as a new one, and keeps nothing of what the agent knew of the other', async () => {
    const { disk, instance } = await bootedOnce();
    const of = instance.scenario.instance.instance_id;
    const records = join(disk.root, 'var/lib/bootstrap-agent/reports');
    const before = readdirSync(records);
    const copy = await disk.launch(clone);
    // Launched in the same second, or even the same start: it is the id that counts.
    documentSays(copy, firstStart);
    const result = await boots(copy);
    expect(result.record.start).toMatchObject({
      kind: 'clone',
      because: `the last run on this disk was of ${of}, and this is i-0c10ec10ec10ec10e`,
    });
    expect([result.exitCode, told(copy)]).toEqual([0, ['CONTINUE']]);
    expect(hookEvent(result)).toEqual(['CONTINUE', 'completed']);
    expect(journals(disk)).toEqual(['i-0c10ec10ec10ec10e']);
    const after = readdirSync(records);
    expect(after.filter((name) => before.includes(name))).toEqual(['latest.json']);
    expect(JSON.stringify(result.record.identity)).not.toContain(of);
    expect(warnings(result)).toContainEqual(expect.stringContaining('left by another instance'));
    const again = await boots(await disk.powerOn(copy));
    expect([kindOf(again), warnings(again)]).toEqual(['reboot', []]);
  });

  it('is warned of what makes two machines look like one', async () => {
    const disk = new Disk();
    put(disk, 'etc/machine-id', '3c1f9a7e5b2d4608a1c3e5f7092b4d6f\n');
    put(disk, 'etc/ssh/ssh_host_ed25519_key.pub', 'ssh-ed25519 AAAA root@build\n');
    put(disk, 'etc/hostname', 'ip-10-0-17-42\n');
    const secret = '3c1f9a7e';
    expect((await boots(await disk.launch())).exitCode).toBe(0);
    const result = await boots(await disk.launch(clone));
    const text = warnings(result).join('\n');
    expect(text).toContain('its machine id');
    expect(text).toContain('its SSH host keys');
    expect(text).toContain('its host name ip-10-0-17-42');
    expect(JSON.stringify(result.record)).not.toContain(secret);
    // As an image that was sealed, or a system that makes its own at the first boot.
    put(disk, 'etc/machine-id', 'fedcba9876543210fedcba9876543210\n');
    put(disk, 'etc/ssh/ssh_host_ed25519_key.pub', 'ssh-ed25519 BBBB root@node\n');
    put(disk, 'etc/hostname', 'ip-10-0-17-43\n');
    const third = await boots(
      await disk.launch('instance: { instance_id: i-0ddddddddddddddd1 }\n'),
    );
    expect(kindOf(third)).toBe('clone');
    expect(warnings(third).filter((warning) => /this clone still/.test(warning))).toEqual([]);
  });

  it('keeps a record of its own boot that failed before there was a plan', async () => {
    const { disk } = await bootedOnce();
    const failing = await boots(
      await disk.launch(`${clone.trimEnd().replace(' }', ', tags: { Class: tomcatt } }')}\n`),
    );
    expect(failing.exitCode).toBe(78);
    const own = failing.recordPath ?? '';
    const result = await boots(await disk.launch(clone));
    expect(kindOf(result)).toBe('clone');
    expect(existsSync(join(disk.root, own))).toBe(true);
  });
});

describe('what an earlier plan brought up', () => {
  const unit = (wanted: string) =>
    `{ unit: "[Service]\\nExecStart=/bin/x\\n[Install]\\nWantedBy=multi-user.target\\n", ${wanted} }`;
  const files = {
    'roles/one.yaml': `description: one\nfiles: { /etc/one.conf: { content: x } }\nservices: { one: ${unit('enable: true')}, also: ${unit('enable: false')}, systemd-journald: {} }\n`,
    'roles/two.yaml': `description: two\nservices: { two: ${unit('enable: false')} }\n`,
  };
  const scenario = (name: string) => `instance: { tags: { Class: ${name} } }\n`;
  const states = async ({ host }: SimulatedSurroundings, ...units: string[]) => {
    const { stdout } = await host.run(['systemctl', 'is-active', '--', ...units]);
    return stdout.trim().split(/\s+/);
  };

  it('is stopped and disabled when the class changes, and what stays otherwise is told', async () => {
    const disk = new Disk();
    const one = await disk.launch(scenario('one'), files);
    documentSays(one, firstStart);
    await one.host.run(['systemctl', 'start', 'systemd-journald']);
    expect((await boots(one)).exitCode).toBe(0);
    const link = join(disk.root, 'etc/systemd/system/multi-user.target.wants/one.service');
    expect(isLink(link)).toBe(true);

    const two = await disk.launch(scenario('two'), files);
    documentSays(two, firstStart);
    // What systemd starts by itself before the agent comes.
    await two.host.run(['systemctl', 'start', 'one', 'systemd-journald']);
    const result = await boots(two);
    expect(result.exitCode).toBe(0);
    expect(result.record.start?.changes).toEqual([
      'class: one, now two',
      'plan: new: service:two; gone: file:/etc/one.conf, service:one, service:also, service:systemd-journald',
    ]);
    expect(await states(two, 'one', 'also', 'two', 'systemd-journald')).toEqual([
      'inactive',
      'inactive',
      'active',
      // It ran before the agent came: not the agent's to end.
      'active',
    ]);
    expect(isLink(link)).toBe(false);
    expect(warnings(result)).toEqual([
      'an earlier plan of class one brought up also.service, one.service: stopped and disabled now',
      'the plan of class one had what this one lacks, and it stays on this machine: file:/etc/one.conf. Replace the instance where it must not',
    ]);
    const again = await boots(await disk.powerOn(two));
    expect([kindOf(again), warnings(again)]).toEqual(['reboot', []]);
    expect(again.record.steps.map(({ id }) => id)).toEqual(['service:two']);
  });

  it('within one boot too: before a service of the new plan starts', async () => {
    const disk = new Disk();
    const one = await disk.launch(scenario('one'), files);
    await boots(one);
    one.simulation.metadata.set('meta-data/tags/instance/Class', 'two');
    const result = await boots(one);
    expect([result.exitCode, kindOf(result)]).toEqual([0, 'run again']);
    expect(await states(one, 'one', 'also', 'two')).toEqual(['inactive', 'inactive', 'active']);
    const order = result.events.flatMap((event) =>
      event.type === 'step-started' ? [event.step] : [],
    );
    expect(order.at(-1)).toBe('service:two');
  });
});
