/** Every way that an instance can go through its group, with the real names of the states, on a clock that only the test moves. */
import {
  AutoScalingClient,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  StartInstanceRefreshCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  PoolState,
  SimulatedGroup,
  SimulatedHook,
  SimulatedMember,
} from '../../../src/simulator/services/world.ts';
import { connected, rejection } from '../../aws/connected.ts';
import { manualClock } from './manual-clock.ts';

const id = 'i-0abc1234def567890';
const hooks: Readonly<Record<string, SimulatedHook>> = {
  ready: { transition: 'launching' },
  left: { transition: 'terminating' },
};
const named = { AutoScalingGroupName: 'web', InstanceIds: [id] };

/** `member`: how it starts; its group has a hook for each way, and a target group with a delay of ten seconds. */
async function member(member: SimulatedMember = {}, more: Partial<SimulatedGroup> = { hooks }) {
  const clock = manualClock();
  const told: string[] = [];
  const { aws, services } = await connected({
    clock,
    world: {
      groups: { web: { instances: { [id]: member }, targetGroups: ['web'], ...more } },
      targetGroups: {
        web: { check: async () => ({ healthy: true }), deregistrationDelaySeconds: 10 },
      },
    },
    follow: {
      heads: (_, targetState) => told.push(targetState),
      power: (_, how) => told.push(`power: ${how}`),
      rootVolume: (_, volumeId) => told.push(volumeId.replace(/-.*/, '')),
    },
  });
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
  const client = new AutoScalingClient({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials,
  });
  onTestFinished(() => client.destroy());
  let seen = 0;
  return {
    clock,
    client,
    services,
    told,
    /** The states since the last look. */
    passed() {
      const all = services.group('web')?.instances[id]?.history.map(({ state }) => state) ?? [];
      const fresh = all.slice(seen);
      seen = all.length;
      return fresh;
    },
    ready: () =>
      aws.autoScaling.complete({ group: 'web', hook: 'ready', instanceId: id }, 'CONTINUE'),
    async left() {
      await aws.autoScaling.complete({ group: 'web', hook: 'left', instanceId: id }, 'CONTINUE');
      await clock.advance(0);
    },
    get ec2() {
      return services.instances.find(id)?.state;
    },
    get target() {
      return services.targets.health('web', id).state;
    },
  };
}

const inService = { lifecycleState: 'InService' };

describe('a warm pool', () => {
  it.each([
    ['Stopped', 'stopped', ['power: stop'], ['power: start']],
    ['Running', 'running', [], []],
    ['Hibernated', 'stopped', ['power: hibernate'], ['power: start']],
  ] as const)('of %s instances: into it, and out of it', async (pool, off, down, up) => {
    const one = await member({ pool: pool satisfies PoolState });
    expect(one.passed()).toEqual(['Warmed:Pending', 'Warmed:Pending:Wait']);
    await one.ready();
    expect(one.passed()).toEqual(['Warmed:Pending:Proceed', `Warmed:${pool}`]);
    expect([one.ec2, one.target, one.told]).toEqual([off, 'unused', down]);
    one.services.serve(id);
    expect(one.passed()).toEqual(['Pending', 'Pending:Wait']);
    expect([one.ec2, one.told]).toEqual(['running', [...down, ...up, 'InService']]);
    await one.ready();
    expect(one.passed()).toEqual(['Pending:Proceed', 'InService']);
    expect(one.target).not.toBe('unused');
  });

  it('that wants the instance while it is being prepared goes on in the same wait', async () => {
    const one = await member({ pool: 'Stopped' });
    one.passed();
    one.services.serve(id);
    expect(one.passed()).toEqual(['Pending:Wait']);
    await one.ready();
    expect(one.passed()).toEqual(['Pending:Proceed', 'InService']);
    expect(one.told).toEqual(['InService']);
  });

  it('takes an instance back on scale-in: past the terminating hook, then past the launching one', async () => {
    const one = await member({ ...inService, pool: 'Stopped' });
    one.passed();
    one.services.leave(id, 'warm-pool');
    expect([one.passed(), one.target, one.told]).toEqual([
      ['Terminating'],
      'draining',
      ['Warmed:Stopped'],
    ]);
    await one.clock.advance(10_000);
    expect(one.passed()).toEqual(['Terminating:Wait']);
    await one.left();
    expect(one.passed()).toEqual(['Terminating:Proceed', 'Warmed:Pending', 'Warmed:Pending:Wait']);
    await one.ready();
    expect(one.passed()).toEqual(['Warmed:Pending:Proceed', 'Warmed:Stopped']);
    expect(one.ec2).toBe('stopped');
  });

  it('that shrinks terminates what lies in it', async () => {
    const one = await member({ pool: 'Running' }, { hooks: {} });
    expect(one.passed()).toEqual(['Warmed:Pending', 'Warmed:Pending:Proceed', 'Warmed:Running']);
    one.services.leave(id, 'terminate');
    await one.clock.advance(60_000);
    expect(one.passed()).toEqual([
      'Warmed:Terminating',
      'Warmed:Terminating:Proceed',
      'Warmed:Terminated',
    ]);
    expect(one.told).toEqual(['Warmed:Terminated']);
  });

  it('that is empty: the launch leads straight into service', async () => {
    const one = await member();
    await one.ready();
    expect(one.passed()).toEqual(['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService']);
    expect(one.told).toEqual([]);
  });
});

describe('by the API', () => {
  const listed = async ({ client }: { client: AutoScalingClient }) => {
    const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] });
    return (await client.send(asked)).AutoScalingInstances?.map((one) => one.LifecycleState);
  };

  it('EnterStandby and ExitStandby: out of the target groups and back, and no hook', async () => {
    const one = await member(inService);
    one.passed();
    const command = new EnterStandbyCommand({ ...named, ShouldDecrementDesiredCapacity: true });
    const { Activities = [] } = await one.client.send(command);
    expect(Activities).toMatchObject([
      { AutoScalingGroupName: 'web', StatusCode: 'InProgress', Progress: 50 },
    ]);
    expect([one.passed(), one.target]).toEqual([['EnteringStandby'], 'draining']);
    await one.clock.advance(10_000);
    expect([one.passed(), await listed(one)]).toEqual([['Standby'], ['Standby']]);
    await one.client.send(new ExitStandbyCommand(named));
    expect(one.passed()).toEqual(['Pending', 'Pending:Proceed', 'InService']);
    expect(one.told).toEqual(['Standby', 'InService']);
    expect(one.target).not.toBe('unused');
  });

  it('DetachInstances: no member any more, though it runs', async () => {
    const one = await member(inService);
    one.passed();
    await one.client.send(
      new DetachInstancesCommand({ ...named, ShouldDecrementDesiredCapacity: true }),
    );
    await one.clock.advance(10_000);
    expect(one.passed()).toEqual(['Detaching', 'Detached']);
    expect([await listed(one), one.told, one.ec2]).toEqual([[], ['Detached'], 'running']);
  });

  it('an instance refresh that replaces root volumes: past both hooks, on the same instance', async () => {
    const one = await member(inService);
    one.passed();
    await one.client.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName: 'web',
        Strategy: 'ReplaceRootVolume' as never,
      }),
    );
    expect(one.passed()).toEqual(['ReplacingRootVolume']);
    await one.clock.advance(10_000);
    expect(one.passed()).toEqual(['ReplacingRootVolume:Wait']);
    await one.left();
    expect(one.passed()).toEqual([
      'ReplacingRootVolume:Proceed',
      'RootVolumeReplaced',
      'Pending',
      'Pending:Wait',
    ]);
    await one.ready();
    expect(one.passed()).toEqual(['Pending:Proceed', 'InService']);
    expect(one.told).toEqual(['RootVolumeReplaced', 'vol', 'InService']);
  });

  it.each([
    ['ExitStandby', new ExitStandbyCommand(named), 'is not in Standby'],
    [
      'a group that is not there',
      new ExitStandbyCommand({ ...named, AutoScalingGroupName: 'other' }),
      'no such group: other',
    ],
    [
      'an instance of no group',
      new ExitStandbyCommand({ ...named, InstanceIds: ['i-0'] }),
      'is not part of Auto Scaling group web',
    ],
    [
      'the end of an instance of no group',
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: 'i-0',
        ShouldDecrementDesiredCapacity: true,
      }),
      'No managed instance found',
    ],
    [
      'another strategy',
      new StartInstanceRefreshCommand({ AutoScalingGroupName: 'web' }),
      'ReplaceRootVolume only',
    ],
  ])('what cannot be is refused in words: %s', async (_, command, words) => {
    const { client, passed } = await member(inService);
    passed();
    const refused = await rejection(client.send(command as ExitStandbyCommand));
    expect(refused).toMatchObject({ name: 'ValidationError' });
    expect(String(refused)).toContain(words);
    expect(passed()).toEqual([]);
  });
});
