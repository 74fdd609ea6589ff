/** What is in flight is finished: steady traffic through the load balancer, and not one request lost on the way in or out. */
import { expect, onTestFinished, test } from 'vitest';
import { steadyTraffic, type Traffic } from '../../src/simulator/traffic.ts';
import { leavingNode } from './leaving-node.ts';

/** Every answer takes a while, so that some are on their way at any moment. */
const busy = (more = '') => `
speed: 10
${more}
machine:
  services:
    tomcat10.service:
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

type Node = Awaited<ReturnType<typeof leavingNode>>;

/** A second target stays, as in any group that can lose a node. */
async function traffic(node: Node): Promise<Traffic & { stop(): Promise<void> }> {
  const { targets } = node.simulation.aws;
  targets.register('shop', 'i-0ffffffffffffffff');
  await node.until('both are healthy', () =>
    targets.registered('shop').every(({ id }) => targets.health('shop', id).state === 'healthy'),
  );
  // The other node answers as this one did: by a listener of its own.
  const { createServer } = await import('node:http');
  const other = createServer((_, response) => void response.end('ok'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const port = (other.address() as { port: number }).port;
  const over = new AbortController();
  const sent = steadyTraffic({
    targets,
    name: 'shop',
    reach: (id, wanted) =>
      id === node.instanceId ? node.host.reach(wanted) : { host: '127.0.0.1', port },
    path: '/shop/cart',
    clock: node.clock,
    everyMs: 300,
    signal: over.signal,
  });
  const stop = async () => {
    over.abort();
    await sent.over;
    other.closeAllConnections();
    other.close();
  };
  onTestFinished(stop);
  return Object.assign(sent, { stop });
}

const over = (state: string | undefined) => state === 'drained' || state === 'incomplete';

test('scale-in', async () => {
  const node = await leavingNode(busy());
  node.watched();
  const sent = await traffic(node);
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
  const sent = await traffic(node);
  node.occur('spot', 120);
  await node.until('drained', (one) => over(one?.drain?.state));
  await sent.stop();
  expect(sent.failures).toEqual([]);
  expect(sent.served).toBeGreaterThan(20);
  expect(node.stops()).toEqual(['tomcat10.service']);
});

test('without a drain the same traffic loses requests: the load balancer would tell', async () => {
  const node = await leavingNode(busy());
  const sent = await traffic(node);
  const lost = async () => sent.failures.length > 0;
  await node.host.run(['systemctl', 'stop', '--', 'tomcat10.service']);
  const giveUp = performance.now() + 20_000;
  while (!(await lost()) && performance.now() < giveUp)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await sent.stop();
  expect(sent.failures.length).toBeGreaterThan(0);
});
