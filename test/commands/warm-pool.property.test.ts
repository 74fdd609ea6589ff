/** Nothing of `activate` ever runs while the group wants the instance in its pool: the shipped roles, on random ways through it. */
import { expect, it } from 'vitest';
import type { ServiceStep } from '../../src/resources/step.ts';
import fc from '../random-examples.ts';
import { PooledNode } from './pooled-node.ts';

const pools = ['Stopped', 'Running', 'Hibernated'] as const;
/** What comes next, by where the node is: in the pool it is taken out, in service taken back, unless the agent or the kernel starts anew. */
const moves = ['on', 'on', 'agent again', 'kernel again', 'standby'] as const;
type Move = (typeof moves)[number];

/**
 * A minute passes in six seconds: an attempt at a call has a tenth of a second at least, a hook two hours. More examples are
 * tried with FC_RUNS.
 */
const speed = 10;
const numRuns = Number(process.env.FC_RUNS ?? 2);

const ways = fc.record({
  pool: fc.constantFrom(...pools),
  early: fc.nat(3).map((number) => number === 0),
  moves: fc.array(fc.constantFrom(...moves), { minLength: 2, maxLength: 4 }),
});

it.each(['tomcat', 'erlang', 'php'])(
  'of %s, whatever way it goes',
  async (scenario) => {
    const examined = fc.asyncProperty(ways, async ({ pool, early, moves }) => {
      const node = await launched(scenario, pool);
      const waiting = await intoPool(node, pool, early);
      for (const move of moves) await go(node, pool, move);
      if (node.state !== 'InService') await out(node, pool);
      await node.powerOff();
      expect(tooEarly(node, waiting)).toEqual([]);
      // And in the end all of it did run.
      const done = node.happened.flatMap(({ event }) =>
        event.type === 'step-finished' && /changed$/.test(event.outcome) ? [event.step] : [],
      );
      expect(waiting.filter((id) => !done.includes(id))).toEqual([]);
    });
    await fc.assert(examined, { numRuns, endOnFailure: true });
  },
  600_000,
);

function launched(scenario: string, pool: string): Promise<PooledNode> {
  const hooks = `hooks: [{ name: ready, heartbeat_timeout: 7200 }, { name: left, transition: terminating, heartbeat_timeout: 7200 }]`;
  const groups = `aws: { groups: { shop-${scenario}: { ${hooks}, target_group: { deregistration_delay: 1 } } } }\n`;
  return PooledNode.launch(pool, groups, {}, { scenario, speed });
}

/** Gives the ids of the steps that wait for service. */
async function intoPool(node: PooledNode, pool: string, early: boolean): Promise<string[]> {
  const booting = node.boot();
  if (early) {
    while (!node.happened.some(({ event }) => event.type === 'pool-entered'))
      await new Promise((resolve) => setTimeout(resolve, 2));
    node.occur('scale-out');
  }
  await booting;
  await node.until(early ? 'InService' : `Warmed:${pool}`);
  node.watched();
  const { waiting } = node;
  expect(waiting.length).toBeGreaterThan(1);
  if (!early) await liesReady(node, waiting);
  return [...waiting];
}

async function go(node: PooledNode, pool: string, move: Move): Promise<void> {
  const inService = node.state === 'InService';
  if (move === 'on') return inService ? back(node, pool) : out(node, pool);
  if (move === 'standby' && inService) {
    node.occur('standby');
    await node.until('Standby');
    node.occur('return');
    return node.until('InService');
  }
  // What is switched off has no kernel and no agent that could begin again.
  if (!inService && pool !== 'Running') return;
  if (move === 'kernel again') await node.powerCycle();
  else await node.powerOff();
  await node.boot();
  node.watched();
}

async function out(node: PooledNode, pool: string): Promise<void> {
  const { length } = node.boots;
  if (pool === 'Stopped') {
    await node.powerOff();
    node.occur('scale-out');
    await node.powerCycle();
    await node.boot();
    node.watched();
  } else node.occur('scale-out');
  await node.until('InService', length + 1);
}

async function back(node: PooledNode, pool: string): Promise<void> {
  const { length } = node.boots;
  node.occur('warm-pool');
  await node.until(`Warmed:${pool}`, length + 1);
  await liesReady(node, node.waiting);
}

/** Nothing of the class runs, and no secret is in memory. */
async function liesReady(node: PooledNode, waiting: readonly string[]): Promise<void> {
  for (const unit of unitsOf(waiting)) {
    const { stdout } = await node.host.run(['systemctl', 'is-active', '--', unit]);
    expect([unit, stdout.trim()]).toEqual([unit, 'inactive']);
  }
  expect(await node.host.files.list('/run/bootstrap-agent/secrets')).toEqual([]);
}

function unitsOf(waiting: readonly string[]): ServiceStep['unit'][] {
  return waiting
    .filter((id) => id.startsWith('service:'))
    .map((id) => id.slice('service:'.length))
    .map((name) => (/\.(socket|timer|path|target)$/.test(name) ? name : `${name}.service`));
}

/** In words, all that was done for service while the target state was one of the pool. */
function tooEarly({ happened, ran }: PooledNode, waiting: readonly string[]): string[] {
  const told = happened.flatMap(({ event, state }) => {
    if (!state.startsWith('Warmed:')) return [];
    if ('step' in event && waiting.includes(event.step)) return [`${event.type} ${event.step}`];
    if (event.type === 'probe-answered') return [`probe ${event.probe}`];
    if (event.type === 'aws-called' && event.service === 'secretsmanager') return [event.operation];
    return [];
  });
  const units = unitsOf(waiting);
  const started = ran.flatMap(({ argv, state }) =>
    state.startsWith('Warmed:') &&
    /^(start|restart|reload|enable)$/.test(argv[1] ?? '') &&
    argv.some((word) => units.includes(word))
      ? [argv.join(' ')]
      : [],
  );
  return [...told, ...started];
}
