/** Auto Scaling behind the port: hooks of a group, the state of an instance, and the two signals. */
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  type LifecycleHook as LifecycleHookAnswer,
  RecordLifecycleActionHeartbeatCommand,
} from '@aws-sdk/client-auto-scaling';
import { partitionOf } from './arn.ts';
import type { AutoScaling, LifecycleAction, LifecycleHook } from './aws.ts';
import type { Connection, Send } from './connection.ts';
import { causeOf, type Wanted } from './errors.ts';
import type { ClientSettings } from './settings.ts';

/** The calls without which the group cannot be told; the others have something to fall back on. */
const decisive: ReadonlySet<string> = new Set([
  'DescribeLifecycleHooks',
  'CompleteLifecycleAction',
  'RecordLifecycleActionHeartbeat',
]);

export function autoScaling(
  connection: Connection,
  settings: ClientSettings,
): AutoScaling & { close(): void } {
  const client = new AutoScalingClient(settings);
  const wanted = (operation: string, what: string, resource: string): Wanted => ({
    service: 'autoscaling',
    operation,
    what,
    permission: `autoscaling:${operation} on ${resource}`,
    decisive: decisive.has(operation),
    remedies: { ValidationError: 'correct the name of the group or of the hook in the role' },
  });

  async function signal<T, S>(
    operation: string,
    action: LifecycleAction,
    done: T,
    abort: AbortSignal | undefined,
    send: Send<S>,
  ): Promise<T | 'not-active'> {
    const { group, hook, instanceId } = action;
    const groupArn = `arn:${partitionOf(connection.region)}:autoscaling:${connection.region}:*:autoScalingGroup:*:autoScalingGroupName/${group}`;
    const call = wanted(operation, `hook ${hook} of group ${group} for ${instanceId}`, groupArn);
    try {
      await connection.call(client, call, abort, send);
      return done;
    } catch (error) {
      if (isNotActive(error)) return 'not-active';
      throw error;
    }
  }

  return {
    async describeHooks(group, abort) {
      const call = wanted('DescribeLifecycleHooks', `lifecycle hooks of group ${group}`, '*');
      const command = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: group });
      const answer = await connection.retry(call, abort, () =>
        connection.call(client, call, abort, (http) => client.send(command, http)),
      );
      return (answer.LifecycleHooks ?? []).map(hookFrom);
    },

    async describeInstance(instanceId, abort) {
      const call = wanted('DescribeAutoScalingInstances', instanceId, '*');
      const command = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] });
      const answer = await connection.retry(call, abort, () =>
        connection.call(client, call, abort, (http) => client.send(command, http)),
      );
      const [found] = answer.AutoScalingInstances ?? [];
      if (found === undefined) return undefined;
      const { AutoScalingGroupName: group = '', LifecycleState: lifecycleState = '' } = found;
      return { group, lifecycleState };
    },

    async targetGroups(group, abort) {
      const call = wanted('DescribeAutoScalingGroups', `group ${group}`, '*');
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] });
      const answer = await connection.retry(call, abort, () =>
        connection.call(client, call, abort, (http) => client.send(command, http)),
      );
      return answer.AutoScalingGroups?.[0]?.TargetGroupARNs ?? [];
    },

    complete(action, result, abort) {
      const command = new CompleteLifecycleActionCommand({
        ...addressOf(action),
        LifecycleActionResult: result,
      });
      return signal('CompleteLifecycleAction', action, 'completed' as const, abort, (http) =>
        client.send(command, http),
      );
    },

    heartbeat(action, abort) {
      const command = new RecordLifecycleActionHeartbeatCommand(addressOf(action));
      return signal('RecordLifecycleActionHeartbeat', action, 'recorded' as const, abort, (http) =>
        client.send(command, http),
      );
    },

    close: () => client.destroy(),
  };
}

function addressOf({ group, hook, instanceId }: LifecycleAction) {
  return { AutoScalingGroupName: group, LifecycleHookName: hook, InstanceId: instanceId };
}

/** The code is ValidationError on the wire and ValidationException in some records of it; the words tell it from others. */
function isNotActive(error: unknown): boolean {
  const failure = causeOf(error);
  if (failure === undefined || !/^Validation(Error|Exception)$/.test(failure.code)) return false;
  return /No active Lifecycle Action/i.test(failure.message);
}

/** Absent fields have the defaults of the Auto Scaling API reference, PutLifecycleHook. */
function hookFrom(hook: LifecycleHookAnswer): LifecycleHook {
  const heartbeat = hook.HeartbeatTimeout ?? 3600;
  return {
    name: hook.LifecycleHookName ?? '',
    transition: hook.LifecycleTransition?.endsWith('TERMINATING') ? 'terminating' : 'launching',
    heartbeatTimeoutSeconds: heartbeat,
    globalTimeoutSeconds: hook.GlobalTimeout ?? Math.min(172_800, 100 * heartbeat),
    defaultResult: hook.DefaultResult === 'CONTINUE' ? 'CONTINUE' : 'ABANDON',
  };
}
