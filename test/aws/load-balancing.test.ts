/** Target groups of the AWS port against the simulated load balancer, over real HTTP. */
import { expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { connected, instanceId, rejection, world } from './connected.ts';

const shop = {
  targetGroups: { shop: { port: 8080, check: async () => ({ healthy: true as const }) } },
  groups: {
    web: { instances: { [instanceId]: {} }, hooks: {}, targetGroups: ['shop'] },
    alone: { instances: {}, hooks: {} },
  },
};

test('finds the target groups of a group; none where it has none', async () => {
  const { aws, services } = await connected({ world: shop });
  expect(await aws.autoScaling.targetGroups('web')).toEqual([services.targets.arn('shop')]);
  expect(await aws.autoScaling.targetGroups('alone')).toEqual([]);
});

test('into a target group, and out of it', async () => {
  const { aws, services } = await connected({ world: shop });
  const arn = services.targets.arn('shop');
  const others = async () =>
    (await aws.loadBalancing.targets(arn)).filter(({ id }) => id !== instanceId);
  expect(await others()).toEqual([]);
  await aws.loadBalancing.register(arn, [{ id: 'i-0', port: 9000 }, { id: 'i-1' }]);
  expect((await others()).map(({ id, port }) => [id, port])).toEqual([
    ['i-0', 9000],
    ['i-1', 8080],
  ]);
  await aws.loadBalancing.deregister(arn, [{ id: 'i-0', port: 9000 }]);
  const [first] = await others();
  expect(first).toMatchObject({
    id: 'i-0',
    state: 'draining',
    reason: 'Target.DeregistrationInProgress',
  });
});

test('a target group goes by its name as well, which is looked up once', async () => {
  const { aws, services } = await connected({ world: shop });
  const known = await aws.loadBalancing.describe('shop');
  expect(known).toMatchObject({ name: 'shop', targetType: 'instance', addressType: 'ipv4' });
  expect(known.check).toMatchObject({ protocol: 'HTTP', path: '/', codes: '200' });
  await aws.loadBalancing.register('shop', [{ id: 'i-0' }]);
  expect((await aws.loadBalancing.targets('shop')).map(({ id }) => id)).toContain('i-0');
  await aws.loadBalancing.deregister('shop', [{ id: 'i-0' }]);
  expect(services.targets.health('shop', 'i-0').state).toBe('draining');
  expect(services.ledger.of('elbv2', 'DescribeTargetGroups')).toHaveLength(1);
  const error = await rejection(aws.loadBalancing.targets('shpo'));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toMatch(/target group shpo.*\n.*lifecycle\.register/);
});

test('a target group that is not there, and a right that is missing, say what to correct', async () => {
  const { aws } = await connected({ world: shop });
  const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shpo/0c0ffee0';
  const error = await rejection(aws.loadBalancing.targets(arn));
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.message).toContain('target group shpo');
  expect(error.message).toContain('drain.target_groups in the role');

  const denied = await connected({ world: { ...shop, denied: ['elbv2:DeregisterTargets'] } });
  const own = denied.services.targets.arn('shop');
  const refused = await rejection(denied.aws.loadBalancing.deregister(own, [{ id: 'i-0' }]));
  expect(refused.message).toContain(`elasticloadbalancing:DeregisterTargets on ${own}`);
});

test('an object that is written is there', async () => {
  const { aws, services } = await connected({ world: { ...world } });
  const address = { bucket: 'acme-releases', key: 'logs/i-0/journal.txt.gz' };
  await aws.objects.write(address, Buffer.from('packed'));
  expect(String(services.objects.bytes(address.bucket, address.key))).toBe('packed');
});
