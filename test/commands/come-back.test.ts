/** A node that was drained by hand and is wanted again: which targets it is then. */
import { describe, expect, it } from 'vitest';
import { byHandPath } from '../../src/lifecycle/leaving.ts';
import { leavingNode } from './leaving-node.ts';

const settings = (more = '') => `
speed: 20
${more}machine:
  commands:
    - { match: systemctl restart -- bootstrap-agent.service }
aws:
  groups:
    shop-tomcat:
      hooks: [{ name: node-is-ready, heartbeat_timeout: 900 }]
      target_group: { name: shop, port: 8080, path: /shop/health, deregistration_delay: 20, interval: 5 }
  target_groups:
    addresses: { port: 8080, type: ip, path: /shop/health, deregistration_delay: 20, interval: 5 }
`;
const both = '  drain: { target_groups: [addresses, shop] }\n';

/** Its address on two ports in a target group of addresses, beside what the group registers; drained by hand. */
async function drained(role: string, more = '', inTheWay?: string) {
  const node = await leavingNode(settings(more), role);
  const { targets } = node.simulation.aws;
  const { private_ipv4: id } = node.surroundings.scenario.instance;
  await node.until('healthy', () => node.target === 'healthy');
  for (const port of [8080, 8081]) targets.register('addresses', id, port);
  // Of another node: nobody's to touch.
  targets.register('addresses', '10.9.9.9', 8080);
  if (inTheWay !== undefined) await node.host.files.write(inTheWay, 'no folder');
  await node.host.files.write(byHandPath, '{}\n');
  const stop = node.watched();
  await node.until('drained', (one) => one?.drain?.state === 'drained');
  const of = (name: string) =>
    targets.registered(name).filter((one) => [node.instanceId, id].includes(one.id));
  const back = async () => {
    await node.host.files.remove(byHandPath);
    await node.until('back', (one) => one?.drain?.state === 'returned');
  };
  const warnings = () =>
    node.events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return Object.assign(node, { id, of, back, stop, warnings });
}

describe('coming back', () => {
  it('registers what the drain took out, its address with each port of it where that is a target', async () => {
    const node = await drained(both);
    expect([node.of('addresses'), node.of('shop')]).toEqual([[], []]);
    await node.back();
    expect(node.of('addresses')).toEqual([
      { id: node.id, port: 8080 },
      { id: node.id, port: 8081 },
    ]);
    expect(node.of('shop')).toEqual([{ id: node.instanceId, port: 8080 }]);
    expect(node.calls('RegisterTargets')).toHaveLength(2);
    expect(node.warnings()).toEqual([]);
  });

  it('by a watch that did not see the drain: what was left is noted on the machine', async () => {
    const node = await drained(both);
    await node.stop();
    node.watched();
    await node.back();
    expect(node.of('addresses')).toHaveLength(2);
  });

  it('registers the instance where nothing was noted, as with the target groups of its group', async () => {
    const node = await drained('  drain: { commands: { bye: { run: [/usr/bin/bye] } } }\n');
    const id = (await node.leaving())?.drain?.id;
    await node.host.files.remove(`/run/bootstrap-agent/drains/${id}.targets.json`);
    await node.back();
    expect(node.of('shop')).toEqual([{ id: node.instanceId, port: 8080 }]);
    // It is no target of the class: the drain has left it alone, and so has the way back.
    expect(node.of('addresses')).toHaveLength(2);
  });

  it('leaves its target groups also where nothing can be noted', async () => {
    const node = await drained(both, '', '/run/bootstrap-agent/drains');
    expect([node.of('addresses'), node.of('shop')]).toEqual([[], []]);
    await node.back();
    expect(node.of('shop')).toEqual([{ id: node.instanceId, port: 8080 }]);
    // The target group takes addresses, and what is presumed is the instance.
    expect(node.warnings().join()).toContain('is not a valid IPv4 address');
  });

  it('where one target group refuses it, says so, and is in the others again', async () => {
    const arn = 'elbv2:RegisterTargets:*/addresses/*';
    const node = await drained(both, `faults: [{ on: "${arn}", do: { status: 400 } }]\n`);
    await node.back();
    expect(node.of('addresses')).toEqual([]);
    expect(node.of('shop')).toEqual([{ id: node.instanceId, port: 8080 }]);
    expect(node.warnings().join()).toMatch(/RegisterTargets.*addresses|addresses.*RegisterTargets/);
  });
});
