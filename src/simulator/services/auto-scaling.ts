/** Simulated Auto Scaling: the calls around launch hooks, by the Query protocol. */
import type { Groups } from './groups.ts';
import {
  globalTimeoutSeconds,
  type HookAction,
  type HookResult,
  heartbeatTimeoutSeconds,
} from './hook-action.ts';
import type { Launch } from './launch.ts';
import { moves } from './moves.ts';
import { QueryInput, queryRefusal, queryRefusals, queryReply } from './query.ts';
import { type Service, ServiceError } from './service.ts';
import type { AwsWorld } from './world.ts';
import type { Xml } from './xml.ts';

const namespace = 'http://autoscaling.amazonaws.com/doc/2011-01-01/';

/** `now`: milliseconds since the epoch. */
export function autoScaling(groups: Groups, world: AwsWorld, now: () => number): Service {
  const operations: Readonly<Record<string, (input: QueryInput) => Xml>> = {
    DescribeLifecycleHooks: (input) => describeHooks(groups, input),
    DescribeAutoScalingInstances: (input) => describeInstances(groups, world, input),
    DescribeAutoScalingGroups: (input) => describeGroups(groups, world, input),
    CompleteLifecycleAction: (input) => {
      const result = input.required('LifecycleActionResult');
      if (result !== 'CONTINUE' && result !== 'ABANDON') {
        throw invalid('Lifecycle action result must be CONTINUE or ABANDON.');
      }
      openAction(groups, input).finish(result satisfies HookResult, 'completed');
      return {};
    },
    PutLifecycleHook: (input) => putHook(groups, input),
    DeleteLifecycleHook: (input) => {
      const name = input.required('AutoScalingGroupName');
      if (groups.describe(name) === undefined) throw noGroup(name);
      const hook = input.required('LifecycleHookName');
      if (!groups.deleteHook(name, hook))
        throw invalid(`No Lifecycle Hook found with name: ${hook}`);
      return {};
    },
    RecordLifecycleActionHeartbeat: (input) => {
      openAction(groups, input).heartbeat();
      return {};
    },
    ...moves(groups, now),
  };
  return {
    name: (request) => {
      const input = new QueryInput(request);
      return { operation: input.action, subject: subjectOf(input) };
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

function subjectOf(input: QueryInput): string {
  const one = [
    input.text('AutoScalingGroupName'),
    input.text('LifecycleHookName'),
    input.text('InstanceId') ?? input.text('LifecycleActionToken'),
  ].filter((part) => part !== undefined);
  if (one.length > 0) return one.join('/');
  return [...input.list('InstanceIds.member'), ...input.list('AutoScalingGroupNames.member')].join(
    ',',
  );
}

/**
 * The action that a call is about, by instance id or by token. The same answer stands for: completed already, timed out,
 * not open yet, and a hook made after this launch.
 */
function openAction(groups: Groups, input: QueryInput): HookAction {
  const group = input.required('AutoScalingGroupName');
  const hook = input.required('LifecycleHookName');
  if (groups.describe(group) === undefined) throw noGroup(group);
  const token = input.text('LifecycleActionToken');
  const launch: Launch | undefined =
    token === undefined ? member(groups, group, input) : groups.findByToken(group, hook, token);
  const action = launch?.openAction(hook, token);
  if (action !== undefined) return action;
  const by = token === undefined ? `instance ID ${input.text('InstanceId')}` : `token ${token}`;
  throw invalid(`No active Lifecycle Action found with ${by}`);
}

function member(groups: Groups, group: string, input: QueryInput): Launch | undefined {
  const found = groups.find(input.required('InstanceId'));
  return found?.group === group ? found.launch : undefined;
}

function describeHooks(groups: Groups, input: QueryInput): Xml {
  const name = input.required('AutoScalingGroupName');
  const group = groups.describe(name);
  if (group === undefined) throw noGroup(name);
  const wanted = input.list('LifecycleHookNames.member');
  const hooks = Object.entries(group.hooks ?? {})
    .filter(([hook]) => wanted.length === 0 || wanted.includes(hook))
    .map(([hook, described]) => ({
      LifecycleHookName: hook,
      AutoScalingGroupName: name,
      LifecycleTransition: `autoscaling:EC2_INSTANCE_${described.transition === 'launching' ? 'LAUNCHING' : 'TERMINATING'}`,
      HeartbeatTimeout: heartbeatTimeoutSeconds(described),
      GlobalTimeout: globalTimeoutSeconds(described),
      DefaultResult: described.defaultResult ?? 'ABANDON',
    }));
  return { LifecycleHooks: { member: hooks } };
}

function putHook(groups: Groups, input: QueryInput): Xml {
  const name = input.required('AutoScalingGroupName');
  if (groups.describe(name) === undefined) throw noGroup(name);
  const transition = input.required('LifecycleTransition');
  const seconds = Number(input.text('HeartbeatTimeout') ?? 3600);
  // Auto Scaling API reference, PutLifecycleHook.
  if (!(seconds >= 30 && seconds <= 7200))
    throw invalid('Heartbeat timeout must be between 30 and 7200 seconds.');
  groups.putHook(name, input.required('LifecycleHookName'), {
    transition: transition.endsWith('_TERMINATING') ? 'terminating' : 'launching',
    heartbeatTimeoutSeconds: seconds,
    defaultResult: input.text('DefaultResult') === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
  });
  return {};
}

/** An instance that is gone, detached, or in no group, is left out without an error. */
function describeInstances(groups: Groups, world: AwsWorld, input: QueryInput): Xml {
  const members = input.list('InstanceIds.member').flatMap((instanceId) => {
    const found = groups.find(instanceId);
    if (found === undefined || found.launch.isGone) return [];
    return {
      ...instanceXml(groups, world, instanceId, found.launch),
      AutoScalingGroupName: found.group,
    };
  });
  return { AutoScalingInstances: { member: members } };
}

function describeGroups(groups: Groups, world: AwsWorld, input: QueryInput): Xml {
  const wanted = input.list('AutoScalingGroupNames.member');
  const names = groups.names.filter((name) => wanted.length === 0 || wanted.includes(name));
  const described = names.map((name) => {
    const present = groups.members(name).filter(({ launch }) => !launch.isGone);
    return {
      AutoScalingGroupName: name,
      AutoScalingGroupARN: `arn:aws:autoscaling:${world.region}:${world.accountId}:autoScalingGroup:simulated:autoScalingGroupName/${name}`,
      MinSize: 0,
      MaxSize: present.length,
      DesiredCapacity: present.length,
      DefaultCooldown: 300,
      AvailabilityZones: { member: [`${world.region}a`] },
      HealthCheckType: 'EC2',
      CreatedTime: new Date(0),
      TargetGroupARNs: { member: groups.targetGroupArns(name) },
      Instances: {
        member: present.map(({ instanceId, launch }) =>
          instanceXml(groups, world, instanceId, launch),
        ),
      },
    };
  });
  return { AutoScalingGroups: { member: described } };
}

function instanceXml(
  groups: Groups,
  world: AwsWorld,
  instanceId: string,
  launch: Launch,
): Record<string, Xml> {
  const described = groups.find(instanceId)?.member;
  return {
    InstanceId: instanceId,
    InstanceType: described?.instanceType,
    AvailabilityZone: described?.zone ?? `${world.region}a`,
    LifecycleState: launch.state,
    HealthStatus: launch.state.startsWith('Terminat') ? 'UNHEALTHY' : 'HEALTHY',
    ProtectedFromScaleIn: false,
  };
}

function noGroup(name: string): ServiceError {
  return invalid(`AutoScalingGroup name not found - no such group: ${name}`);
}

function invalid(message: string): ServiceError {
  return new ServiceError(400, 'ValidationError', message);
}
