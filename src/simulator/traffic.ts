/** Steady traffic through a simulated load balancer: one request after the other, each to a target that the health checks found good. */
import http from 'node:http';
import type { Clock } from '../clock.ts';
import type { TargetGroups } from './services/targets.ts';

export interface TrafficOptions {
  readonly targets: TargetGroups;
  /** Target group. */
  readonly name: string;
  /** Where a target's port is reached. */
  readonly reach: (id: string, port: number) => { host: string; port: number };
  readonly path: string;
  readonly clock: Clock;
  /** Between two requests, milliseconds of the clock. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

export interface Traffic {
  /** Requests answered with a status below 500. */
  readonly served: number;
  /** What the clients saw of all others. */
  readonly failures: readonly string[];
  /** Resolves when the traffic was stopped and the last answer is there. */
  readonly over: Promise<void>;
}

/**
 * Sends to healthy targets in turn. A target that drains gets no new request, and keeps those it has until it is
 * deregistered, when they are cut (Elastic Load Balancing user guide, "Deregistration delay"). Where no target is healthy
 * it fails open to those that are registered (same guide, "Health checks for target groups"); where there is none at all
 * the client gets a 503, which counts as a failure.
 */
export function steadyTraffic(options: TrafficOptions): Traffic {
  const { clock, everyMs, signal } = options;
  const failures: string[] = [];
  const open = new Set<Promise<void>>();
  let served = 0;
  let turn = 0;

  const one = async () => {
    const target = next(options, turn++);
    if (target === undefined) return void failures.push('503: no target is registered');
    const said = await request(options, target);
    if (said === undefined) served += 1;
    else failures.push(`${target.id}: ${said}`);
  };
  const sending = async () => {
    while (!signal.aborted) {
      const answer = one();
      open.add(answer);
      void answer.finally(() => open.delete(answer));
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
    await Promise.all(open);
  };
  return {
    get served() {
      return served;
    },
    failures,
    over: sending(),
  };
}

interface Target {
  readonly id: string;
  readonly port: number;
}

function next({ targets, name }: TrafficOptions, turn: number): Target | undefined {
  const registered = targets.registered(name);
  const state = ({ id, port }: Target) => targets.health(name, id, port).state;
  const healthy = registered.filter((target) => state(target) === 'healthy');
  const open = registered.filter((target) => !['draining', 'unused'].includes(state(target)));
  const choice = healthy.length > 0 ? healthy : open;
  return choice[turn % choice.length];
}

/** What went wrong, in words; undefined where it was served. */
function request(
  { reach, path, targets, name, clock }: TrafficOptions,
  { id, port }: Target,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const finish = (said: string | undefined) => {
      done.abort();
      resolve(said);
    };
    const sent = http.get({ ...reach(id, port), path, agent: false }, (response) => {
      response.on('error', (error) => finish(`cut off: ${error.message}`));
      response.resume().on('end', () => {
        const status = response.statusCode ?? 0;
        finish(status < 500 ? undefined : `status ${status}`);
      });
    });
    sent.on('error', (error) => finish(error.message));
    const watch = async () => {
      while (targets.health(name, id, port).reason !== 'Target.NotRegistered')
        await clock.sleep(1000, done.signal);
      sent.destroy(new Error('cut at the end of the deregistration delay'));
    };
    watch().catch(() => undefined);
  });
}
