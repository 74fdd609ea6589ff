/** Simulated Elastic Load Balancing v2: target groups and target health, by the Query protocol. */
import { QueryInput, queryRefusal, queryRefusals, queryReply } from './query.ts';
import { type Service, ServiceError } from './service.ts';
import type { TargetGroups } from './targets.ts';
import type { Xml } from './xml.ts';

const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';

export function loadBalancing(targets: TargetGroups): Service {
  const operations: Readonly<Record<string, (input: QueryInput) => Xml>> = {
    DescribeTargetGroups: (input) => describeGroups(targets, input),
    DescribeTargetHealth: (input) => describeHealth(targets, input),
    RegisterTargets: (input) => {
      const name = groupName(targets, input.required('TargetGroupArn'));
      for (const { id } of targetsIn(input)) checkType(targets, name, id);
      for (const { id, port } of targetsIn(input)) targets.register(name, id, port);
      return {};
    },
    DeregisterTargets: (input) => {
      const name = groupName(targets, input.required('TargetGroupArn'));
      for (const { id, port } of targetsIn(input)) void targets.deregister(name, id, port);
      return {};
    },
  };
  return {
    name: (request) => {
      const input = new QueryInput(request);
      const subject = [input.text('TargetGroupArn'), ...targetsIn(input).map(({ id }) => id)];
      const names = [...input.list('Names.member'), ...input.list('TargetGroupArns.member')];
      return {
        operation: input.action,
        subject: subject[0] === undefined ? names.join(',') : subject.join('/'),
      };
    },
    perform: ({ request, operation }) => {
      const perform = operations[operation];
      if (perform === undefined) {
        throw new ServiceError(400, 'InvalidAction', `Could not find operation ${operation}`);
      }
      return queryReply(operation, perform(new QueryInput(request)), namespace);
    },
    refuse: queryRefusal,
    refusals: queryRefusals,
  };
}

function targetsIn(input: QueryInput): { id: string; port?: number }[] {
  return input.structures('Targets.member').map((one) => {
    const port = one.get('Port');
    return { id: one.get('Id') ?? '', ...(port !== undefined && { port: Number(port) }) };
  });
}

/** A target group takes ids of instances, or addresses, as it was made (API reference, RegisterTargets). */
function checkType(targets: TargetGroups, name: string, id: string): void {
  const type = targets.describe(name)?.type ?? 'instance';
  const is = /^i-[0-9a-f]+$/.test(id) ? 'instance' : /^[0-9.]+$/.test(id) ? 'ip' : 'lambda';
  if (is === type) return;
  const words =
    type === 'ip'
      ? `The IP address '${id}' is not a valid IPv4 address`
      : `The target '${id}' is not of the type ${type} of the target group`;
  throw new ServiceError(400, 'ValidationError', words);
}

function groupName(targets: TargetGroups, arn: string): string {
  const name = targets.names.find((one) => targets.arn(one) === arn);
  if (name !== undefined) return name;
  throw new ServiceError(400, 'TargetGroupNotFound', `Target groups '${arn}' not found`);
}

function describeGroups(targets: TargetGroups, input: QueryInput): Xml {
  const names = input.list('Names.member');
  const arns = input.list('TargetGroupArns.member');
  const unknown = names.find((name) => targets.describe(name) === undefined);
  if (unknown !== undefined) {
    throw new ServiceError(400, 'TargetGroupNotFound', `Target groups '[${unknown}]' not found`);
  }
  for (const arn of arns) groupName(targets, arn);
  const wanted = targets.names.filter((name) =>
    names.length + arns.length === 0
      ? true
      : names.includes(name) || arns.includes(targets.arn(name)),
  );
  const described = wanted.map((name) => {
    const group = targets.describe(name);
    return {
      TargetGroupArn: targets.arn(name),
      TargetGroupName: name,
      Protocol: 'HTTP',
      Port: group?.port ?? 80,
      HealthCheckProtocol: 'HTTP',
      HealthCheckPort: 'traffic-port',
      HealthCheckPath: group?.healthCheckPath ?? '/',
      HealthCheckIntervalSeconds: group?.intervalSeconds ?? 30,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: group?.healthyThreshold ?? 5,
      UnhealthyThresholdCount: group?.unhealthyThreshold ?? 2,
      Matcher: { HttpCode: '200' },
      TargetType: group?.type ?? 'instance',
      IpAddressType: 'ipv4',
    };
  });
  return { TargetGroups: { member: described } };
}

/** Without targets named: all that are registered, the draining ones included. */
function describeHealth(targets: TargetGroups, input: QueryInput): Xml {
  const name = groupName(targets, input.required('TargetGroupArn'));
  const asked = targetsIn(input);
  const described = asked.length > 0 ? asked : targets.registered(name);
  const port = targets.describe(name)?.port ?? 80;
  return {
    TargetHealthDescriptions: {
      member: described.map((target) => {
        const { state, reason, description } = targets.health(name, target.id, target.port);
        return {
          Target: { Id: target.id, Port: target.port ?? port },
          HealthCheckPort: String(target.port ?? port),
          TargetHealth: { State: state, Reason: reason, Description: description },
        };
      }),
    },
  };
}
