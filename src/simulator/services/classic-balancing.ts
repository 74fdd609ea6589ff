/** Simulated classic load balancers (Elastic Load Balancing of 2012-06-01): registration and health, by the Query protocol. */
import type { ClassicBalancers } from './classic-balancers.ts';
import { QueryInput, queryRefusal, queryRefusals, queryReply } from './query.ts';
import { type Service, ServiceError } from './service.ts';
import type { Xml } from './xml.ts';

/** What tells its requests from those of target groups, which have the same endpoint and signing name. */
export const classicVersion = '2012-06-01';
const namespace = `http://elasticloadbalancing.amazonaws.com/doc/${classicVersion}/`;

/** `isInstance`: whether EC2 has a running instance of this id. */
export function classicBalancing(
  balancers: ClassicBalancers,
  isInstance: (id: string) => boolean,
): Service {
  const changed = (
    input: QueryInput,
    change: (name: string, id: string) => void | Promise<void>,
  ): Xml => {
    const name = nameIn(balancers, input);
    const ids = instancesIn(input);
    const stranger = ids.find((id) => !isInstance(id));
    if (stranger !== undefined)
      throw new ServiceError(400, 'InvalidInstance', `Could not find EC2 instance ${stranger}.`);
    for (const id of ids) void change(name, id);
    const InstanceId = balancers.registered(name);
    return { Instances: { member: InstanceId.map((id) => ({ InstanceId: id })) } };
  };
  const operations: Readonly<Record<string, (input: QueryInput) => Xml>> = {
    RegisterInstancesWithLoadBalancer: (input) =>
      changed(input, (name, id) => balancers.register(name, id)),
    DeregisterInstancesFromLoadBalancer: (input) =>
      changed(input, (name, id) => balancers.deregister(name, id)),
    DescribeInstanceHealth: (input) => describeHealth(balancers, input),
    DescribeLoadBalancers: (input) => describe(balancers, input),
  };
  return {
    name: (request) => {
      const input = new QueryInput(request);
      const name = input.text('LoadBalancerName');
      const names = name === undefined ? input.list('LoadBalancerNames.member').join(',') : name;
      return { operation: input.action, subject: [names, ...instancesIn(input)].join('/') };
    },
    perform: ({ request, operation }) => {
      const perform = operations[operation];
      if (perform === undefined)
        throw new ServiceError(400, 'InvalidAction', `Could not find operation ${operation}`);
      return queryReply(operation, perform(new QueryInput(request)), namespace);
    },
    refuse: queryRefusal,
    refusals: queryRefusals,
  };
}

function instancesIn(input: QueryInput): string[] {
  return input.structures('Instances.member').map((one) => one.get('InstanceId') ?? '');
}

function nameIn(balancers: ClassicBalancers, input: QueryInput): string {
  return known(balancers, input.required('LoadBalancerName'));
}

function known(balancers: ClassicBalancers, name: string): string {
  if (balancers.describe(name) !== undefined) return name;
  throw new ServiceError(
    400,
    'LoadBalancerNotFound',
    `There is no ACTIVE Load Balancer named '${name}'`,
  );
}

/** Without instances named: all that are registered. */
function describeHealth(balancers: ClassicBalancers, input: QueryInput): Xml {
  const name = nameIn(balancers, input);
  const asked = instancesIn(input);
  const states = (asked.length > 0 ? asked : balancers.registered(name)).map((InstanceId) => {
    const { state, code, description } = balancers.health(name, InstanceId);
    return { InstanceId, State: state, ReasonCode: code, Description: description };
  });
  return { InstanceStates: { member: states } };
}

function describe(balancers: ClassicBalancers, input: QueryInput): Xml {
  const asked = input.list('LoadBalancerNames.member').map((name) => known(balancers, name));
  const described = (asked.length > 0 ? asked : balancers.names).map((name) => {
    const { port, path, intervalSeconds, healthyThreshold, unhealthyThreshold } =
      balancers.describe(name) ?? { port: 80 };
    const instances = balancers.registered(name).map((InstanceId) => ({ InstanceId }));
    return {
      LoadBalancerName: name,
      Instances: { member: instances },
      // Defaults of a health check (Classic Load Balancers user guide, "Configure health checks").
      HealthCheck: {
        Target: path === undefined ? `TCP:${port}` : `HTTP:${port}${path}`,
        Interval: intervalSeconds ?? 30,
        Timeout: 5,
        HealthyThreshold: healthyThreshold ?? 10,
        UnhealthyThreshold: unhealthyThreshold ?? 2,
      },
    };
  });
  return { LoadBalancerDescriptions: { member: described } };
}
