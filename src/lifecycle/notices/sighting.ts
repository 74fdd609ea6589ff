/** Sighting: what the metadata service says about leaving, at one moment, and the notices that are in it. Pure. */
import type { Notice } from './notice.ts';

/** Texts as they were read; a key that is absent (404) is undefined: no notice now. */
export interface Sighting {
  /** meta-data/autoscaling/target-lifecycle-state */
  readonly targetState?: string | undefined;
  /** meta-data/spot/instance-action */
  readonly spot?: string | undefined;
  /** meta-data/events/recommendations/rebalance */
  readonly rebalance?: string | undefined;
  /** meta-data/events/maintenance/scheduled */
  readonly maintenance?: string | undefined;
}

/** What a text says that cannot be read, one sentence each; nobody leaves because of such. */
export interface Sighted {
  readonly notices: readonly Notice[];
  readonly unreadable: readonly string[];
}

/**
 * `wasInService`: the node has worked for its group in this boot of the kernel. Without that, a target state of the warm
 * pool is where the launch itself leads, and nothing is there to be drained.
 */
export function noticesIn(sighting: Sighting, wasInService: boolean): Sighted {
  const notices: Notice[] = [];
  const unreadable: string[] = [];
  const take = (found: Notice | string | undefined) => {
    if (typeof found === 'string') unreadable.push(found);
    else if (found !== undefined) notices.push(found);
  };
  take(groupNotice(sighting.targetState, wasInService));
  take(spotNotice(sighting.spot));
  take(rebalanceNotice(sighting.rebalance));
  take(maintenanceNotice(sighting.maintenance));
  return { notices, unreadable };
}

const stateKey = 'autoscaling/target-lifecycle-state';

/**
 * The value is where the group wants the instance, not where it is (Auto Scaling user guide, "Retrieve the target
 * lifecycle state through instance metadata"); the page lists the values. Others may come: they start nothing.
 */
function groupNotice(text: string | undefined, wasInService: boolean): Notice | string | undefined {
  const state = text?.trim();
  const source = stateKey;
  switch (state) {
    case undefined:
    case '':
    case 'InService':
      return undefined;
    case 'Terminated':
    // Of a pool, when it shrinks.
    case 'Warmed:Terminated':
      return { kind: 'termination', because: 'the group terminates this instance', source };
    case 'Warmed:Stopped':
    case 'Warmed:Running':
    case 'Warmed:Hibernated':
      return wasInService
        ? {
            kind: 'warm-pool',
            because: `the group takes it back into its warm pool (${state})`,
            source,
          }
        : undefined;
    // Not among the values of that page; the API has states of these names, and waits for the terminating hook there.
    case 'ReplacingRootVolume':
    case 'RootVolumeReplaced':
      return {
        kind: 'root-volume',
        because: 'the group replaces the root volume of this instance',
        source,
      };
    case 'Standby':
      return { kind: 'standby', because: 'the group puts this instance on standby', source };
    case 'Detached':
      return { kind: 'detached', because: 'this instance is detached from its group', source };
    default:
      return `${stateKey} says ${quoted(state)}, which this agent does not know`;
  }
}

/** `{"action": "terminate", "time": "2017-09-18T08:22:00Z"}` (EC2 user guide, "Spot Instance interruption notices"). */
function spotNotice(text: string | undefined): Notice | string | undefined {
  if (text === undefined) return undefined;
  const { action, time } = fieldsOf(text);
  if (typeof action !== 'string')
    return `spot/instance-action says ${quoted(text)}, in which there is no action`;
  const until = timeOf(time);
  return {
    kind: 'spot',
    because: `EC2 takes the spot instance back (${action})`,
    source: 'spot/instance-action',
    ...(until !== undefined && { until }),
  };
}

/** `{"noticeTime": "2020-10-27T08:22:00Z"}` (EC2 user guide, "EC2 instance rebalance recommendations"). */
function rebalanceNotice(text: string | undefined): Notice | undefined {
  if (text === undefined) return undefined;
  return {
    kind: 'rebalance',
    because: 'EC2 recommends to rebalance: the spot instance runs a higher risk of interruption',
    source: 'events/recommendations/rebalance',
  };
}

/** Codes that end or restart the instance (EC2 user guide, "Scheduled events for your instances"). */
const endingCodes = ['instance-stop', 'instance-retirement', 'instance-reboot', 'system-reboot'];

/** The first active event that ends or restarts the instance; a list, empty where there is none. */
function maintenanceNotice(text: string | undefined): Notice | string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const events = parsed(text);
  if (!Array.isArray(events))
    return `events/maintenance/scheduled says ${quoted(text)}, which is no list of events`;
  const active = events
    .filter((event) => typeof event === 'object' && event !== null)
    .filter(({ State, Code }) => State === 'active' && endingCodes.includes(Code))
    .map((event) => ({ ...event, at: timeOf(event.NotBefore) }))
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const [first] = active;
  if (first === undefined) return undefined;
  const words = typeof first.Description === 'string' ? `: ${first.Description}` : '';
  return {
    kind: 'maintenance',
    because: `EC2 has scheduled ${first.Code}${words}`,
    source: 'events/maintenance/scheduled',
    ...(first.at !== undefined && { until: first.at }),
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** ISO 8601, or `21 Jan 2019 09:00:43 GMT` as scheduled events have it. */
function timeOf(text: unknown): number | undefined {
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
