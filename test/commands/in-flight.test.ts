/** What is in flight is finished: steady traffic through the load balancer, and not one request lost on the way in or out. */
import { expect, test } from 'vitest';
import { leavingNode } from './leaving-node.ts';
import { otherNode, trafficTo } from './traffic-to.ts';
import { boots, surroundingsOf } from './trial-boot.ts';

/** Every answer takes a while, so that some are on their way at any moment. */
const busy = (more = '') => `
speed: 10
${more}
machine:
  services:
    tomcat10.service:
      ready_after_ms: 3000
      listens:
        - port: 8080
          answers:
            /shop/health: { status: 200, body: ok }
            /shop/cart: { status: 200, body: ok, takes_ms: 2000 }
aws:
  groups:
    shop-tomcat:
      hooks:
        - { name: node-is-ready, heartbeat_timeout: 300 }
        - { name: node-has-left, transition: terminating, heartbeat_timeout: 60 }
      target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 20, interval: 5 }
`;

const over = (state: string | undefined) => state === 'drained' || state === 'incomplete';

/** An instance that is launched into a group with one other, which has all the traffic so far. */
async function launched() {
  const surroundings = await surroundingsOf(busy());
  const { simulation, scenario, clock } = surroundings;
  const instanceId = scenario.instance.instance_id;
  const sent = await trafficTo({ simulation, host: simulation.host, clock, instanceId });
  return { surroundings, simulation, instanceId, sent };
}

test('launch: not one request before the stack listens and the group was told', async () => {
  const { surroundings, simulation, instanceId, sent } = await launched();
  const { exitCode } = await boots(surroundings);
  expect(exitCode).toBe(0);
  const giveUp = performance.now() + 30_000;
  while (sent.to(instanceId).length < 5 && performance.now() < giveUp)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await sent.stop();
  expect(sent.failures).toEqual([]);
  expect(sent.to(instanceId).length).toBeGreaterThanOrEqual(5);
  // The other one had it all meanwhile.
  const told = simulation.aws.ledger.of('autoscaling', 'CompleteLifecycleAction')[0]?.at ?? 0;
  expect(sent.to(instanceId)[0]).toBeGreaterThanOrEqual(told);
  expect(sent.served).toBeGreaterThan(sent.to(instanceId).length);
});

test('a target from its launch on, without the hook, would lose requests: the load balancer would tell', async () => {
  const { surroundings, simulation, instanceId, sent } = await launched();
  // As a group does without a hook; and the other one goes in the moment in which this one is counted on.
  simulation.aws.targets.register('shop', instanceId);
  await simulation.aws.targets.deregister('shop', otherNode);
  await boots(surroundings);
  await sent.stop();
  expect(sent.failures.length).toBeGreaterThan(0);
  expect(sent.failures[0]).toContain(instanceId);
});

test('scale-in', async () => {
  const node = await leavingNode(busy());
  node.watched();
  const sent = await trafficTo(node);
  node.occur('terminate');
  await node.until('drained', (one) => over(one?.drain?.state));
  await sent.stop();
  expect(sent.failures).toEqual([]);
  expect(sent.served).toBeGreaterThan(20);
  expect((await node.leaving())?.drain?.state).toBe('drained');
  expect(node.stops()).toEqual(['tomcat10.service']);
});

test('spot interruption with two minutes of notice', async () => {
  const node = await leavingNode(busy('instance: { life_cycle: spot }'));
  node.watched();
  const sent = await trafficTo(node);
  node.occur('spot', 120);
  await node.until('drained', (one) => over(one?.drain?.state));
  await sent.stop();
  expect(sent.failures).toEqual([]);
  expect(sent.served).toBeGreaterThan(20);
  expect(node.stops()).toEqual(['tomcat10.service']);
});

test('without a drain the same traffic loses requests: the load balancer would tell', async () => {
  const node = await leavingNode(busy());
  const sent = await trafficTo(node);
  const lost = async () => sent.failures.length > 0;
  await node.host.run(['systemctl', 'stop', '--', 'tomcat10.service']);
  const giveUp = performance.now() + 20_000;
  while (!(await lost()) && performance.now() < giveUp)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await sent.stop();
  expect(sent.failures.length).toBeGreaterThan(0);
});
