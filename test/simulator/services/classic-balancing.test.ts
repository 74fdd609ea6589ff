/** Registration and health in the simulated classic load balancer, asked for by the unmodified SDK. */
import {
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingClient,
  RegisterInstancesWithLoadBalancerCommand,
} from '@aws-sdk/client-elastic-load-balancing';
import { expect, onTestFinished, test } from 'vitest';
import { connected, instanceId, rejection } from '../../aws/connected.ts';
import { manualClock } from './manual-clock.ts';

const interval = 10_000;

async function balanced() {
  const clock = manualClock();
  const app = { healthy: true };
  const { services } = await connected({
    clock,
    world: {
      loadBalancers: {
        old: {
          port: 8080,
          path: '/health',
          check: async () => ({ healthy: app.healthy }),
          intervalSeconds: interval / 1000,
          healthyThreshold: 2,
          drainSeconds: 60,
        },
      },
    },
  });
  const client = new ElasticLoadBalancingClient({
    region: 'eu-west-1',
    endpoint: services.url,
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 's' },
    systemClockOffset: 0,
  });
  onTestFinished(() => client.destroy());
  const named = { LoadBalancerName: 'old', Instances: [{ InstanceId: instanceId }] };
  return {
    clock,
    app,
    client,
    register: () => client.send(new RegisterInstancesWithLoadBalancerCommand(named)),
    deregister: () => client.send(new DeregisterInstancesFromLoadBalancerCommand(named)),
    async health(Instances: typeof named.Instances | undefined = named.Instances) {
      const command = new DescribeInstanceHealthCommand({ LoadBalancerName: 'old', Instances });
      return (await client.send(command)).InstanceStates ?? [];
    },
  };
}

test('an instance passes as often as the threshold wants, when it is new and when it recovers', async () => {
  const { clock, app, register, health } = await balanced();
  const { Instances } = await register();
  expect(Instances).toEqual([{ InstanceId: instanceId }]);
  await clock.advance(1);
  expect(await health()).toMatchObject([
    {
      State: 'OutOfService',
      ReasonCode: 'Instance',
      Description: expect.stringMatching(/HealthyThreshold/),
    },
  ]);
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'InService', ReasonCode: 'N/A' }]);
  app.healthy = false;
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'InService' }]);
  await clock.advance(interval);
  expect(await health()).toMatchObject([
    {
      State: 'OutOfService',
      Description: expect.stringMatching(/has failed at least the UnhealthyThreshold/),
    },
  ]);
  app.healthy = true;
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'OutOfService' }]);
  await clock.advance(interval);
  expect(await health()).toMatchObject([{ State: 'InService' }]);
});

test('connection draining: in service until it is over, then not registered', async () => {
  const { clock, register, deregister, health } = await balanced();
  await register();
  await clock.advance(interval);
  await deregister();
  expect(await health()).toMatchObject([
    {
      State: 'InService',
      Description: expect.stringMatching(/deregistration currently in progress/),
    },
  ]);
  await clock.advance(30_000);
  // Registered anew while it drains: that is not ended by the old deregistration.
  await register();
  await clock.advance(60_000);
  expect(await health()).toMatchObject([{ State: 'InService', Description: 'N/A' }]);
  await deregister();
  await clock.advance(60_000);
  expect(await health()).toMatchObject([
    { State: 'OutOfService', Description: expect.stringMatching(/not currently registered/) },
  ]);
  expect(await health([])).toEqual([]);
});

test('load balancers are described; what is unknown is refused', async () => {
  const { client } = await balanced();
  const { LoadBalancerDescriptions } = await client.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancerDescriptions).toMatchObject([
    { LoadBalancerName: 'old', HealthCheck: { Target: 'HTTP:8080/health', HealthyThreshold: 2 } },
  ]);
  const absent = new DescribeLoadBalancersCommand({ LoadBalancerNames: ['new'] });
  expect((await rejection(client.send(absent))).name).toMatch(
    /LoadBalancerNotFound|AccessPointNotFound/,
  );
  const stranger = { LoadBalancerName: 'old', Instances: [{ InstanceId: 'i-0' }] };
  const register = new RegisterInstancesWithLoadBalancerCommand(stranger);
  expect((await rejection(client.send(register))).name).toMatch(/InvalidInstance|InvalidEndPoint/);
});
