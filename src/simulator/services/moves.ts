/** Simulated Auto Scaling: the calls by which somebody moves instances of a group: out of service, back, out of the group. */
import { createHash } from 'node:crypto';
import type { Groups } from './groups.ts';
import type { Launch } from './launch.ts';
import type { QueryInput } from './query.ts';
import { ServiceError } from './service.ts';
import type { Xml, XmlElements } from './xml.ts';

/** `now`: milliseconds since the epoch, for the activities that answer each call. */
export function moves(
  groups: Groups,
  now: () => number,
): Readonly<Record<string, (input: QueryInput) => Xml>> {
  /** All must be in the state that the call asks for, before any is moved. */
  const each = (
    input: QueryInput,
    allowed: readonly string[],
    what: string,
    move: (launch: Launch) => void,
  ): XmlElements => {
    const group = input.required('AutoScalingGroupName');
    if (groups.describe(group) === undefined)
      throw invalid(`AutoScalingGroup name not found - no such group: ${group}`);
    const ids = input.list('InstanceIds.member');
    const launches = ids.map((id) => {
      const found = groups.find(id);
      if (found?.group !== group || found.launch.isGone)
        throw invalid(`The instance ${id} is not part of Auto Scaling group ${group}.`);
      if (!allowed.includes(found.launch.state))
        throw invalid(`The instance ${id} is not in ${allowed.join(' or ')}.`);
      return found.launch;
    });
    for (const launch of launches) move(launch);
    return { member: ids.map((id) => activity(group, `${what} EC2 instance: ${id}`, now())) };
  };
  const standby = (input: QueryInput) =>
    each(input, ['InService'], 'Moving to Standby', (launch) => void launch.leave('standby'));
  return {
    EnterStandby: (input) => ({ Activities: standby(input) }),
    ExitStandby: (input) => ({
      Activities: each(input, ['Standby'], 'Moving out of Standby', (one) => one.returns()),
    }),
    DetachInstances: (input) => ({
      Activities: each(input, ['InService', 'Standby'], 'Detaching', (launch) => {
        void launch.leave('detach');
      }),
    }),
    TerminateInstanceInAutoScalingGroup: (input) => {
      const id = input.required('InstanceId');
      const found = groups.find(id);
      if (found === undefined || found.launch.isGone)
        throw invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`);
      void found.launch.leave('terminate');
      return { Activity: activity(found.group, `Terminating EC2 instance: ${id}`, now()) };
    },
    StartInstanceRefresh: (input) => {
      const group = input.required('AutoScalingGroupName');
      if (input.text('Strategy') !== 'ReplaceRootVolume')
        throw invalid(
          'The simulated Auto Scaling refreshes by the strategy ReplaceRootVolume only.',
        );
      for (const { launch } of groups.members(group))
        if (launch.state === 'InService') void launch.replaceRoot();
      return { InstanceRefreshId: idFor(`refresh ${group} ${now()}`) };
    },
  };
}

/** Auto Scaling API reference, Activity. */
function activity(group: string, description: string, now: number): XmlElements {
  return {
    ActivityId: idFor(`${description} ${now}`),
    AutoScalingGroupName: group,
    Description: description,
    Cause: 'in response to a user request. (simulated)',
    StartTime: new Date(now),
    StatusCode: 'InProgress',
    Progress: 50,
  };
}

function idFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function invalid(message: string): ServiceError {
  return new ServiceError(400, 'ValidationError', message);
}
