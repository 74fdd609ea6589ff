/** Registration and target health in the simulated load balancer, asked for by the unmodified SDK. */
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { startAwsServices } from '../../../src/simulator/services/services.ts';
import type { SimulatedTargetGroup } from '../../../src/simulator/services/world.ts';
import { connected, rejection, world } from '../../aws/connected.ts';
import { manualClock } from './manual-clock.ts';

const id = 'i-0abc1234def567890';
const interval = 30_000;

async function balanced(group: Partial<SimulatedTargetGroup> = {}) {
  const clock = manualClock();
  const app = { healthy: false };
  const check: SimulatedTargetGroup['check'] = async () =>
    app.healthy
      ? { healthy: true }
      : {
          healthy: false,
          reason: 'Target.ResponseCodeMismatch',
          description: 'Health checks failed with these codes: [503]',
        };
  const { services, aws } = await connected({
    clock,
    world: {
      groups: {
        web: {
          instances: { [id]: {} },
          hooks: { hook: { transition: 'launching' } },
          targetGroups: ['web-tg'],
        },
      },
      targetGroups: { 'web-tg': { check, port: 8080, ...group } },
    },
  });
  const client = new ElasticLoadBalancingV2Client({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    // The test's clock moves on; the SDK follows it by the Date of the answers.
    systemClockOffset: 0,
  });
  onTestFinished(() => client.destroy());
  const arn = services.targets.arn('web-tg');
  const health = async (targets?: { Id: string }[]) => {
    const answer = await client.send(
      new DescribeTargetHealthCommand({
        TargetGroupArn: arn,
        ...(targets && { Targets: targets }),
      }),
    );
    return answer.TargetHealthDescriptions?.map(({ TargetHealth }) => TargetHealth) ?? [];
  };
  const action = { group: 'web', hook: 'hook', instanceId: id };
  return {
    clock,
    app,
    client,
    arn,
    health,
    services,
    launch: () => aws.autoScaling.complete(action, 'CONTINUE'),
  };
}

test('a target is registered only after the hook is completed: waiting for health before that never ends', async () => {
  const { clock, app, health, launch } = await balanced();
  app.healthy = true;
  await clock.advance(5 * interval);
  expect(await health()).toEqual([]);
  expect(await health([{ Id: id }])).toMatchObject([
    { State: 'unused', Reason: 'Target.NotRegistered' },
  ]);
  await launch();
  await clock.advance(1);
  expect(await health()).toEqual([{ State: 'healthy' }]);
});

test('a new target is healthy after one good check; a recovering one needs the threshold', async () => {
  const { clock, app, health, launch } = await balanced({ healthyThreshold: 3 });
  await launch();
  expect(await health()).toMatchObject([{ State: 'initial' }]);
  await clock.advance(1);
  expect(await health()).toMatchObject([{ State: 'initial', Reason: 'Elb.InitialHealthChecking' }]);
  await clock.advance(interval);
  expect(await health()).toMatchObject([
    { State: 'unhealthy', Reason: 'Target.ResponseCodeMismatch' },
  ]);
  app.healthy = true;
  await clock.advance(2 * interval);
  expect(await health()).toMatchObject([{ State: 'unhealthy' }]);
  await clock.advance(interval);
  expect(await health()).toEqual([{ State: 'healthy' }]);
  app.healthy = false;
  await clock.advance(interval);
  expect(await health()).toEqual([{ State: 'healthy' }]);
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'unhealthy' }]);
});

test('a target group that no listener uses leaves its targets unused', async () => {
  const { clock, app, health, launch } = await balanced({ inUse: false });
  app.healthy = true;
  await launch();
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'unused', Reason: 'Target.NotInUse' }]);
});

test('a deregistered target drains for its delay and is gone; registered anew it starts again', async () => {
  const { clock, app, client, arn, health } = await balanced({ deregistrationDelaySeconds: 60 });
  app.healthy = true;
  const Targets = [{ Id: 'i-1' }];
  await client.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  await clock.advance(1);
  expect(await health(Targets)).toEqual([{ State: 'healthy' }]);
  await client.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  expect(await health(Targets)).toMatchObject([
    { State: 'draining', Reason: 'Target.DeregistrationInProgress' },
  ]);
  await clock.advance(30_000);
  await client.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  await client.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  await clock.advance(40_000);
  expect(await health(Targets)).toEqual([{ State: 'healthy' }]);
  await client.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  await clock.advance(60_000);
  expect(await health(Targets)).toMatchObject([
    { State: 'unused', Reason: 'Target.NotRegistered' },
  ]);
});

test('target groups are described by name and by ARN; unknown ones are refused', async () => {
  const { client, arn } = await balanced();
  const byName = await client.send(new DescribeTargetGroupsCommand({ Names: ['web-tg'] }));
  expect(byName.TargetGroups).toMatchObject([
    { TargetGroupArn: arn, Port: 8080, HealthyThresholdCount: 5, Matcher: { HttpCode: '200' } },
  ]);
  const byArn = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
  expect(byArn.TargetGroups).toHaveLength(1);
  for (const wrong of [{ Names: ['absent'] }, { TargetGroupArns: [`${arn}0`] }]) {
    expect((await rejection(client.send(new DescribeTargetGroupsCommand(wrong)))).name).toMatch(
      /^TargetGroupNotFound/,
    );
  }
});

test('a group that names a target group nobody described is a fault of the scenario', async () => {
  const groups = { web: { instances: {}, targetGroups: ['absent'] } };
  const error = await rejection(
    startAwsServices({ world: { ...world, groups }, clock: manualClock() }),
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('names the target group absent');
});
