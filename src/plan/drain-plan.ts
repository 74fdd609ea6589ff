/** The drain planner: from the orders of a class and the occasion to the stages of a drain, each a small plan. Pure. */
import type { DrainStep } from '../resources/drain/drain-step.ts';
import type { DrainCommand, DrainOrders } from './drain-orders.ts';

export interface Occasion {
  /** Tells the drain from others of the same boot: what was done once in it is not repeated when it is begun again. */
  readonly id: string;
  /** Whether the node has to take itself out of its target groups; the group has done it otherwise. */
  readonly deregister: boolean;
  /** False while systemd stops everything itself. */
  readonly stopServices: boolean;
}

export interface DrainPlan {
  /** One after the other; a stage that fails or runs out of time does not keep the next from being tried. */
  readonly stages: readonly Stage[];
}

export interface Stage {
  readonly id: string;
  /** In words. */
  readonly what: string;
  readonly steps: readonly DrainStep[];
  /** Less than that is not worth beginning, seconds. */
  readonly leastSeconds: number;
  /** More than that it never gets, seconds. */
  readonly mostSeconds: number;
  /** When time is short: the lower, the sooner it gets its share. */
  readonly rank: number;
}

/** Stages that have nothing to do are left out. */
export function drainPlanFor(orders: DrainOrders, occasion: Occasion): DrainPlan {
  const stages = [
    leaveStage(orders, occasion),
    releasedStage(orders),
    connectionsStage(orders),
    ...(occasion.stopServices ? [servicesStage(orders)] : []),
    ...orders.commands.map((command) => commandStage(command, occasion)),
    logsStage(orders, occasion),
  ];
  return { stages: stages.filter(({ steps }) => steps.length > 0) };
}

const made = { needs: [], from: 'drain.target_groups' };

/** All that makes no new work come; quick, and what everything after it rests on. */
function leaveStage(orders: DrainOrders, occasion: Occasion): Stage {
  const { unready, stopWork } = orders;
  const steps: DrainStep[] = [];
  const said: string[] = [];
  if (occasion.deregister && hasBalancers(orders)) {
    const drain = occasion.id;
    steps.push({ kind: 'deregister', id: 'deregister', drain, ...made, ...targetsOf(orders) });
    said.push(`out of the ${balancersInWords(orders)}`);
  }
  if (unready !== undefined) {
    const owned = { owner: 'root', group: 'root', mode: '0644' };
    const content = ['This node is leaving; see agent status.\n'];
    const from = 'drain.unready';
    steps.push({ kind: 'file', id: 'unready', needs: [], from, path: unready, content, ...owned });
    said.push(`${unready} fails the readiness probe`);
  }
  for (const command of stopWork) {
    steps.push(commandStep(command, `stop_work.${command.name}`, occasion));
    said.push(command.name);
  }
  const longest = Math.max(10, ...stopWork.map(({ timeoutSeconds }) => timeoutSeconds));
  const what = said.join('; ');
  return { id: 'no new work', what, steps, leastSeconds: 2, mostSeconds: longest, rank: 1 };
}

/**
 * The load balancer keeps the connections it has to a draining target until the deregistration delay is over (Elastic Load
 * Balancing user guide, "Deregistration delay"). Where the group deregistered the node, that goes on while we are told.
 */
function releasedStage(orders: DrainOrders): Stage {
  const { deregistrationSeconds: seconds } = orders;
  const steps: DrainStep[] = hasBalancers(orders)
    ? [{ kind: 'released', id: 'released', ...made, ...targetsOf(orders) }]
    : [];
  const what = `until the ${balancersInWords(orders)} are done with it`;
  return { id: 'target groups', what, steps, leastSeconds: 1, mostSeconds: seconds, rank: 5 };
}

function connectionsStage({ ports, connectionSeconds: seconds }: DrainOrders): Stage {
  const steps: DrainStep[] =
    ports.length === 0
      ? []
      : [{ kind: 'quiet', id: 'quiet', needs: [], from: 'drain.connections', ports }];
  const what = `until no connection to port ${ports.join(', ')} is open`;
  return { id: 'connections', what, steps, leastSeconds: 1, mostSeconds: seconds, rank: 3 };
}

/** systemd ends what does not stop: 90 s by default (DefaultTimeoutStopSec= in systemd-system.conf(5)), for each in a chain. */
const stopSeconds = 90;

function servicesStage({ services }: DrainOrders): Stage {
  const steps = services.map(({ unit, after }): DrainStep => {
    const needs = after.map((other) => `stop:${other}`);
    return { kind: 'stop', id: `stop:${unit}`, needs, from: 'services', unit };
  });
  const chain = services.some(({ after }) => after.length > 0) ? 2 : 1;
  return {
    id: 'services',
    what: `stop ${services.map(({ unit }) => unit.replace(/\.service$/, '')).join(', ')}`,
    steps,
    leastSeconds: 20,
    mostSeconds: chain * stopSeconds,
    rank: 2,
  };
}

function commandStage(command: DrainCommand, occasion: Occasion): Stage {
  const { name, timeoutSeconds } = command;
  return {
    id: `command ${name}`,
    what: command.argv.join(' '),
    steps: [commandStep(command, `commands.${name}`, occasion)],
    leastSeconds: 1,
    mostSeconds: timeoutSeconds,
    rank: 4,
  };
}

function logsStage({ logs, services, instanceId }: DrainOrders, { id }: Occasion): Stage {
  const what =
    logs === undefined ? '' : `to s3://${logs.bucket}/${logs.prefix}${instanceId}/${id}/`;
  const units = services.map(({ unit }) => unit);
  const steps: DrainStep[] =
    logs === undefined
      ? []
      : [
          {
            kind: 'logs',
            id: 'logs',
            needs: [],
            from: 'drain.logs',
            bucket: logs.bucket,
            prefix: `${logs.prefix}${instanceId}/${id}/`,
            units: [...units, 'bootstrap-agent.service', 'bootstrap-agent-watch.service'],
          },
        ];
  return { id: 'logs', what, steps, leastSeconds: 3, mostSeconds: 60, rank: 6 };
}

function commandStep(command: DrainCommand, key: string, { id }: Occasion): DrainStep {
  const { argv, user, timeoutSeconds } = command;
  return {
    kind: 'command',
    id: key,
    needs: [],
    from: `drain.${key}`,
    // The note that it ran is kept under this name: another drain of the same boot runs it again.
    name: `${id} ${key}`,
    argv,
    ...(user !== undefined && { user }),
    env: {},
    timeoutSeconds,
  };
}

function hasBalancers(orders: DrainOrders): boolean {
  const { targetGroups, loadBalancers, group } = targetsOf(orders);
  if (loadBalancers.length > 0) return true;
  return targetGroups === undefined ? group !== '' : targetGroups.length > 0;
}

function targetsOf({ targetGroups, registration, group, instanceId, address }: DrainOrders) {
  const { targetGroups: own = [], loadBalancers = [] } = registration ?? {};
  const named =
    targetGroups === undefined && registration === undefined
      ? undefined
      : [...new Set([...(targetGroups ?? []), ...own])];
  return {
    ...(named !== undefined && { targetGroups: named }),
    loadBalancers,
    group,
    instanceId,
    address,
  };
}

/** What sends the node its requests. */
function balancersInWords(orders: DrainOrders): string {
  const { targetGroups, loadBalancers } = targetsOf(orders);
  if (loadBalancers.length === 0) return 'target groups';
  return targetGroups?.length === 0 ? 'load balancers' : 'target groups and load balancers';
}
