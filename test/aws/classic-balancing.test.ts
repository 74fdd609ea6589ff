/** Classic load balancers of the AWS port against the simulated ones, over real HTTP. */
import { expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { connected, instanceId, rejection } from './connected.ts';

const balancer = { port: 8080, path: '/health', check: async () => ({ healthy: true }) };
const world = {
  loadBalancers: {
    'old-shop': { ...balancer, intervalSeconds: 5 },
    tcp: { port: 25, check: balancer.check },
  },
};

test('in, how it stands, and out again', async () => {
  const { aws, services } = await connected({ world });
  const { classicBalancing } = aws;
  expect(await classicBalancing.standing('old-shop', instanceId)).toEqual({
    state: 'OutOfService',
    code: 'Instance',
    description: 'Instance is not currently registered with the LoadBalancer.',
    membership: 'none',
  });
  await classicBalancing.register('old-shop', instanceId);
  expect(services.loadBalancers.registered('old-shop')).toEqual([instanceId]);
  expect((await classicBalancing.standing('old-shop', instanceId)).description).toMatch(
    /HealthyThreshold|in progress|^N\/A$/,
  );
  await classicBalancing.deregister('old-shop', instanceId);
  expect(services.loadBalancers.registered('old-shop')).toEqual([]);
});

test('what it asks for', async () => {
  const { aws } = await connected({ world });
  expect(await aws.classicBalancing.healthCheck('old-shop')).toEqual({
    protocol: 'HTTP',
    port: 8080,
    path: '/health',
    codes: '200',
    timeoutSeconds: 5,
    intervalSeconds: 5,
  });
  expect(await aws.classicBalancing.healthCheck('tcp')).toEqual({
    protocol: 'TCP',
    port: 25,
    timeoutSeconds: 5,
    intervalSeconds: 30,
  });
});

test('a name that is not there, an instance of nobody, and a right that is missing say what to correct', async () => {
  const denied = ['elb:RegisterInstancesWithLoadBalancer:tcp*'];
  const { aws } = await connected({ world: { ...world, denied } });
  const { classicBalancing } = aws;
  const absent = await rejection(classicBalancing.standing('new-shop', instanceId));
  expect(absent).toBeInstanceOf(ConfigError);
  expect(absent.message).toContain('lifecycle.register.load_balancers');
  const stranger = await rejection(classicBalancing.register('old-shop', 'i-0'));
  expect(stranger.message).toContain('running instances of its own VPC');
  const refused = await rejection(classicBalancing.register('tcp', instanceId));
  expect(refused.message).toContain(
    'elasticloadbalancing:RegisterInstancesWithLoadBalancer on arn:aws:elasticloadbalancing:eu-west-1:*:loadbalancer/tcp',
  );
});
