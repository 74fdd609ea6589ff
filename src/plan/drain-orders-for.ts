/** Role + Identity -> DrainOrders, with the defaults of what the role does not say. Pure. */
import type { Identity } from '../identity/identity.ts';
import type { ServiceStep, Step } from '../resources/step.ts';
import type { FilledDrainCommand, FilledRole } from '../roles/filled-role.ts';
import type { DrainCommand, DrainedService, DrainOrders } from './drain-orders.ts';
import type { Faults } from './faults.ts';
import type { Probe } from './plan.ts';
import { plainPath } from './steps/path.ts';
import { isOfTheSystem } from './system-units.ts';

/** Adds what is wrong to `faults`. */
export function drainOrders(
  role: FilledRole,
  { facts }: Identity,
  steps: readonly Step[],
  probes: readonly Probe[],
  faults: Faults,
): DrainOrders {
  const { drain } = role.document;
  const { on, target_groups: targetGroups, hook } = drain;
  const unready = unreadyPath(drain.unready, faults);
  const ports = probes.flatMap((probe) => (probe.kind === 'command' ? [] : [probe.port]));
  return {
    class: role.class,
    instanceId: facts.instance_id,
    region: facts.region,
    group: facts.group_name,
    address: facts.private_ipv4,
    on: {
      rebalance: on?.rebalance ?? 'note',
      maintenance: on?.maintenance ?? 'note',
      standby: on?.standby ?? 'note',
      detached: on?.detached ?? 'note',
    },
    deadlineSeconds: drain.deadline ?? 600,
    shutdownSeconds: drain.shutdown ?? 45,
    ...(targetGroups !== undefined && { targetGroups }),
    // The default delay of a target group (Elastic Load Balancing user guide, "Deregistration delay").
    deregistrationSeconds: drain.deregistration ?? 300,
    ...(unready !== undefined && { unready }),
    stopWork: commandsOf(drain.stop_work),
    ports: [...new Set(drain.ports ?? ports)],
    connectionSeconds: drain.connections ?? 60,
    services: servicesToStop(steps),
    commands: commandsOf(drain.commands),
    ...(drain.logs !== undefined && { logs: logsAddress(drain.logs) }),
    ...(hook !== undefined && { hook }),
  };
}

function unreadyPath(path: string | undefined, faults: Faults): string | undefined {
  if (path === undefined) return undefined;
  const plain = faults.attempt('drain.unready', () => plainPath(path));
  // Elsewhere it would outlive the power, and the next boot could never be healthy.
  if (plain !== undefined && !plain.startsWith('/run/'))
    faults.add(
      'drain.unready',
      `must lie below /run, where it is gone at the next boot; found ${plain}`,
    );
  return plain;
}

function commandsOf(commands: Readonly<Record<string, FilledDrainCommand>>): DrainCommand[] {
  return Object.entries(commands).map(([name, { run, user, timeout }]) => ({
    name,
    argv: run,
    ...(user !== undefined && { user }),
    timeoutSeconds: timeout ?? 30,
  }));
}

/** Started services in reverse order of need: who needs another is stopped before it. */
function servicesToStop(steps: readonly Step[]): DrainedService[] {
  const services = steps.filter(
    (step): step is ServiceStep =>
      step.kind === 'service' && step.state === 'started' && !isOfTheSystem(step.unit),
  );
  return services
    .map(({ id, unit }) => ({
      unit,
      after: services.filter(({ needs }) => needs.includes(id)).map((other) => other.unit),
    }))
    .reverse();
}

/** `s3://bucket/a/b` -> a prefix that ends with a slash, or is empty. */
function logsAddress(address: string): { bucket: string; prefix: string } {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(address) ?? [];
  return { bucket, prefix: rest === '' || rest.endsWith('/') ? rest : `${rest}/` };
}
