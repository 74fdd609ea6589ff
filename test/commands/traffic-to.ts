/** Steady traffic to a simulated node and to another one beside it, as any group has that can lose or gain a node. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Host } from '../../src/host/host.ts';
import type { Simulation } from '../../src/simulator/simulation.ts';
import { steadyTraffic, type Traffic } from '../../src/simulator/traffic.ts';

export const otherNode = 'i-0ffffffffffffffff';

export interface Reached {
  readonly simulation: Pick<Simulation, 'aws'>;
  readonly host: Pick<Host, 'reach'>;
  readonly clock: Clock;
  readonly instanceId: string;
}

export type SteadyTraffic = Traffic & {
  /** When each request to the node of this id was sent, milliseconds since the epoch. */
  to(id: string): readonly number[];
  stop(): Promise<void>;
};

/** Begins once all targets of `shop` are healthy; the other node is one of them. */
export async function trafficTo(node: Reached): Promise<SteadyTraffic> {
  const { clock, instanceId, host } = node;
  const { targets } = node.simulation.aws;
  targets.register('shop', otherNode);
  await healthy(node);
  // The other node answers by a listener of its own.
  const other = createServer((_, response) => void response.end('ok'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const over = new AbortController();
  const times = new Map<string, number[]>();
  const sent = steadyTraffic({
    targets,
    name: 'shop',
    reach: (id, wanted) => {
      times.set(id, [...(times.get(id) ?? []), clock.now()]);
      return id === instanceId ? host.reach(wanted) : { host: '127.0.0.1', port };
    },
    path: '/shop/cart',
    clock,
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
  return Object.assign(sent, { stop, to: (id: string) => times.get(id) ?? [] });
}

async function healthy({ simulation }: Reached): Promise<void> {
  const { targets } = simulation.aws;
  const giveUp = performance.now() + 30_000;
  const sick = () =>
    targets.registered('shop').filter(({ id }) => targets.health('shop', id).state !== 'healthy');
  while (sick().length > 0) {
    if (performance.now() > giveUp) throw new Error(`never healthy: ${JSON.stringify(sick())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
