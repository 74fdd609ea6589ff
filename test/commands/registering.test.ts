/** A node outside of any group, and its load balancers: joined by its boot, left by its drain. */
import { describe, expect, it } from 'vitest';
import type { BootResult } from '../../src/commands/boot.ts';
import { planned } from '../../src/commands/dry-run.ts';
import type { SimulatedSurroundings } from '../../src/commands/simulated.ts';
import { readStatus } from '../../src/engine/status-file.ts';
import { timelineFrom } from '../../src/engine/timeline.ts';
import { leavingNode } from './leaving-node.ts';
import { boots, shipped, surroundingsOf, warnings } from './trial-boot.ts';

const never = new AbortController().signal;

/** A tomcat node in no group whose user data wishes to register; `aws` is what its account has. */
const lone = (register: string, aws: string, rest = '') =>
  [
    `speed: 20\ninstance: { group: null, started_seconds_ago: 600 }\n${rest}aws:\n  groups: { shop-tomcat: null }\n${aws}\n`,
    { 'user-data': `#bootstrap-agent\nrole: { lifecycle: { register: ${register} } }\n` },
  ] as const;
const shop = '  target_groups: { shop: { port: 8080, path: /shop/health, interval: 5 } }';

const changes = ({ simulation }: SimulatedSurroundings) =>
  simulation.aws.ledger.calls.flatMap(({ operation }) =>
    /^(Register|Deregister)/.test(operation) ? [operation] : [],
  );
const seen = ({ events }: BootResult) =>
  events.flatMap((event) => (event.type === 'target-health' ? [event] : []));

describe('a node outside of any group', () => {
  it('registers, is healthy with each load balancer before its boot is a success, and a second boot changes nothing', async () => {
    const surroundings = await shipped('standalone');
    const { simulation, scenario, host } = surroundings;
    const { calls: foreseen } = await planned(surroundings, 'test', never);
    const before = simulation.aws.ledger.calls.length;
    const first = await boots(surroundings);
    expect([first.exitCode, first.verdict.because]).toEqual([
      0,
      expect.stringMatching(/healthy in target group shop, classic/),
    ]);
    const { instance_id: id } = scenario.instance;
    expect(simulation.aws.targets.health('shop', id).state).toBe('healthy');
    expect(simulation.aws.loadBalancers.health('shop-classic', id).state).toBe('InService');
    const made = simulation.aws.ledger.calls.slice(before).map(({ operation }) => operation);
    // How often it looks depends on how soon it is healthy; what it calls does not.
    const named = foreseen.filter(({ service }) => service !== 'imds');
    expect(new Set(made)).toEqual(new Set(named.map(({ operation }) => operation)));
    expect(changes(surroundings).sort()).toEqual([
      'RegisterInstancesWithLoadBalancer',
      'RegisterTargets',
    ]);
    const bars = timelineFrom(first.events).bars.filter(({ part }) => part === 'balancer');
    expect(bars.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['target group shop', 'healthy'],
      ['classic load balancer shop-classic', 'healthy'],
    ]);
    expect((await readStatus(host.files))?.targets).toEqual({
      shop: 'healthy: its health checks succeed',
      'shop-classic (classic)': 'healthy: its health checks succeed',
    });

    const second = await boots(surroundings);
    expect(second.exitCode).toBe(0);
    expect(changes(surroundings)).toHaveLength(2);
    expect(second.events).toContainEqual(
      expect.objectContaining({ type: 'registered', balancer: 'target group shop', already: true }),
    );
  });

  it('fails where it does not become healthy, with what is asked and what it answers itself; it stays registered', async () => {
    const surroundings = await surroundingsOf(
      ...lone(
        '{ target_groups: [shop], load_balancers: [old], deadline: 240 }',
        [
          '  target_groups: { shop: { port: 8080, path: /nope, interval: 5 } }',
          '  load_balancers: { old: { port: 8080, path: /nope, interval: 5 } }',
        ].join('\n'),
      ),
    );
    const { exitCode, verdict, record } = await boots(surroundings);
    expect([exitCode, verdict.result]).toEqual([1, 'ABANDON']);
    const [shopSays, oldSays] = verdict.because.split('\n');
    expect(shopSays).toMatch(
      /not healthy with its load balancers within 240 s \(lifecycle\.register\.deadline\): target group shop: unhealthy, Target\.ResponseCodeMismatch: .*It asks for \/nope .*asked the same: answered 404, wanted 200\.$/,
    );
    expect(oldSays).toMatch(
      /^classic load balancer old: unhealthy, OutOfService \(Instance\): .*It asks for \/nope on port 8080.*answered 404, wanted 200\.$/,
    );
    expect(JSON.stringify(record)).toContain('Target.ResponseCodeMismatch');
    expect(changes(surroundings)).not.toContain('DeregisterTargets');
    const status = await readStatus(surroundings.host.files);
    expect([status?.state, status?.targets?.shop]).toEqual([
      'failed',
      expect.stringContaining('Target.ResponseCodeMismatch'),
    ]);
  });

  it.each([
    [
      'may not',
      '{ target_groups: [shop] }',
      '  denied: ["elbv2:RegisterTargets"]\n',
      'allowed elasticloadbalancing:RegisterTargets on arn:aws:',
    ],
    ['names none that is there', '{ target_groups: [shpo] }', '', 'target group shpo'],
    [
      'names a classic one that is not there',
      '{ load_balancers: [old] }',
      '',
      'classic load balancer old',
    ],
    ['wants what takes no nodes', '{ target_groups: [code] }', '', 'takes targets of type lambda'],
  ])('is told what to correct where it %s', async (_, register, more, words) => {
    const code = shop.replace(/ }$/, ', code: { port: 80, type: lambda } }');
    const surroundings = await surroundingsOf(...lone(register, `${more}${code}`));
    const { exitCode, verdict } = await boots(surroundings);
    expect([exitCode, verdict.because]).toEqual([78, expect.stringContaining(words)]);
  });

  it('registers its address with a target group of addresses, and the port of the role', async () => {
    const surroundings = await surroundingsOf(
      ...lone(
        '{ target_groups: [shop], port: 8080 }',
        '  target_groups: { shop: { port: 80, type: ip, path: /shop/health, interval: 5 } }',
      ),
    );
    expect((await boots(surroundings)).exitCode).toBe(0);
    const { targets } = surroundings.simulation.aws;
    const { private_ipv4: id } = surroundings.scenario.instance;
    expect(targets.registered('shop')).toEqual([{ id, port: 8080 }]);
  });

  it('says that nothing answered where Elastic Load Balancing does not until the deadline', async () => {
    const surroundings = await surroundingsOf(
      ...lone(
        '{ target_groups: [shop], deadline: 200 }',
        shop,
        'faults: [{ on: "elbv2:RegisterTargets:*", do: { status: 503 } }]\n',
      ),
    );
    const { exitCode, verdict } = await boots(surroundings);
    expect(exitCode).toBe(69);
    expect(verdict.because).toMatch(
      /not registered with target group shop within \d+ s \(lifecycle\.register\.deadline\): .*RegisterTargets/,
    );
  });
});

it('a node of a group leaves it to its group, and says so', async () => {
  const surroundings = await surroundingsOf('', {
    'user-data': '#bootstrap-agent\nrole: { lifecycle: { register: { target_groups: [shop] } } }\n',
  });
  const { plan, calls, warnings: said } = await planned(surroundings, 'test', never);
  expect([plan.registration, calls.some(({ service }) => service === 'elbv2')]).toEqual([
    undefined,
    false,
  ]);
  expect(said.join()).toMatch(/lifecycle\.register is left to group shop-tomcat/);
  const result = await boots(surroundings);
  expect(result.exitCode).toBe(0);
  expect(warnings(result).join()).toContain('attach the target groups and load balancers');
  expect([changes(surroundings), seen(result)]).toEqual([[], []]);
});

it('the drain takes it out of each and waits until they are done with it; the next boot registers it again', async () => {
  const yaml = `speed: 20
instance: { group: null, life_cycle: spot }
aws:
  groups: { shop-tomcat: null }
  target_groups: { shop: { port: 8080, path: /shop/health, interval: 5, deregistration_delay: 20 } }
  load_balancers: { old: { port: 8080, path: /shop/health, interval: 5, healthy_threshold: 2, draining: 20 } }
`;
  const one = await leavingNode(
    yaml,
    '  lifecycle: { register: { target_groups: [shop], load_balancers: [old] } }\n',
  );
  const { simulation, instanceId, surroundings } = one;
  const { targets, loadBalancers } = simulation.aws;
  expect([one.target, loadBalancers.health('old', instanceId).state]).toEqual([
    'healthy',
    'InService',
  ]);
  const stopped = one.watched();
  one.occur('spot', 120);
  const leaving = await one.until('drained', (so) => so?.drain?.state === 'drained');
  expect(leaving?.drain?.stages.map(({ stage, outcome }) => `${stage}: ${outcome}`)).toEqual([
    'no new work: done',
    'target groups: done',
    'connections: done',
    'services: done',
  ]);
  expect([targets.registered('shop'), loadBalancers.registered('old')]).toEqual([[], []]);
  await stopped();

  const again = await boots(surroundings);
  expect([again.exitCode, one.target, loadBalancers.registered('old')]).toEqual([
    0,
    'healthy',
    [instanceId],
  ]);
});
