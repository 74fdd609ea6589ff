/** The status: what the agent is doing now, for `agent status` and whoever else reads /run. Made from events. */
import type { Event } from '../events.ts';
import { budgetInWords, holdInWords } from './sentence.ts';

export const statusPath = '/run/bootstrap-agent/status.json';

export interface StatusRecord {
  readonly state:
    | 'starting'
    | 'identity'
    | 'planning'
    | 'applying'
    | 'probing'
    | 'registering'
    | 'prepared'
    | 'done'
    | 'failed';
  /** The warm pool that it is being prepared for, or lies ready in: the target lifecycle state. */
  readonly pool?: string;
  readonly agentVersion: string;
  readonly simulated: boolean;
  readonly bootId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly updatedAt: number;
  /** The process that writes this, so that a reader can tell when it is gone. */
  readonly process?: { readonly pid: number; readonly startTicks: number };
  readonly identity?: {
    readonly instanceId: string;
    readonly instanceType: string;
    readonly zone: string;
    readonly group: string;
  };
  /** Which kind of start this is. */
  readonly start?: string;
  readonly class?: string;
  readonly release?: string;
  readonly planDigest?: string;
  readonly steps: {
    readonly planned: number;
    readonly unchanged: number;
    readonly changed: number;
    readonly failed: number;
    readonly skipped: number;
    /** At work now. */
    readonly current: readonly string[];
  };
  /** The last thing each probe answered. */
  readonly probes: Readonly<Record<string, string>>;
  readonly verdict?: {
    readonly result: 'CONTINUE' | 'ABANDON';
    readonly because: string;
    readonly faults?: readonly string[];
  };
  readonly hook?: string;
  /** How each target group and classic load balancer sees the node, in words. */
  readonly targets?: Readonly<Record<string, string>>;
  /** How long the launch hook waits, in words. */
  readonly budget?: string;
  /** The first failure, in words. */
  readonly failure?: string;
  /** Kept for debugging: until when, and what ends it; or why no longer. In words. */
  readonly held?: string;
  /** Where the flight record is kept beyond the instance. */
  readonly record?: string;
  readonly exitCode?: number;
}

/** The status after an event, from the one before it. Nothing is known before `boot-started`. */
export function statusAfter(
  before: StatusRecord | undefined,
  event: Event,
): StatusRecord | undefined {
  if (event.type === 'boot-started') return beginning(event);
  if (before === undefined) return undefined;
  if (event.type === 'pool-left') {
    const { pool: _, ...rest } = before;
    return { ...rest, updatedAt: event.at };
  }
  return { ...before, ...changeBy(before, event), updatedAt: event.at };
}

function beginning(event: Extract<Event, { type: 'boot-started' }>): StatusRecord {
  const { agentVersion, simulated, bootId, process, at } = event;
  const steps = { planned: 0, unchanged: 0, changed: 0, failed: 0, skipped: 0, current: [] };
  const times = { startedAt: at, updatedAt: at };
  return {
    state: 'starting',
    agentVersion,
    simulated,
    bootId,
    ...times,
    ...(process !== undefined && { process }),
    steps,
    probes: {},
  };
}

function changeBy(before: StatusRecord, event: Event): Partial<StatusRecord> {
  switch (event.type) {
    case 'metadata-answered':
      return before.state === 'starting' ? { state: 'identity' } : {};
    case 'identity-known': {
      const { instanceId, instanceType, zone, group } = event;
      return { state: 'planning', identity: { instanceId, instanceType, zone, group } };
    }
    case 'class-chosen':
      return { class: event.class };
    case 'release-chosen':
      return { release: event.release };
    case 'start-recognised':
      return { start: event.start };
    case 'pool-entered':
      return { pool: event.state };
    case 'plan-made':
      return {
        state: 'applying',
        planDigest: event.digest,
        steps: { ...before.steps, planned: event.steps },
      };
    case 'step-started':
      return { steps: { ...before.steps, current: [...before.steps.current, event.step] } };
    case 'step-finished':
      return stepFinished(before, event);
    case 'probe-answered':
      return { state: 'probing', probes: { ...before.probes, [event.probe]: event.detail } };
    case 'verdict': {
      const { result, because, faults } = event;
      if (result === 'CONTINUE') return { verdict: { result, because } };
      const verdict = { result, because, ...(faults !== undefined && { faults }) };
      return { state: 'failed', verdict, failure: before.failure ?? because };
    }
    case 'registering':
      return { state: 'registering' };
    case 'target-health': {
      const { targetGroup, state, reason, because } = event;
      const words = `${[state, reason].filter(Boolean).join(', ')}: ${because}`;
      const name = event.balancer === undefined ? targetGroup : `${targetGroup} (classic)`;
      return { targets: { ...before.targets, [name]: words } };
    }
    case 'hook-budget':
      return { budget: budgetInWords(event) };
    case 'hook-completed':
      return {
        hook: `${event.result} ${event.outcome}${event.because === undefined ? '' : `: ${event.because}`}`,
      };
    case 'hold-begun':
      return { held: holdInWords(event) };
    case 'hold-ended':
      return { held: `no longer: ${event.because}` };
    case 'record-kept':
      return { record: event.address };
    case 'boot-finished':
      return { state: ending(before, event.exitCode), exitCode: event.exitCode };
    default:
      return {};
  }
}

function ending({ pool }: StatusRecord, exitCode: number): StatusRecord['state'] {
  if (exitCode !== 0) return 'failed';
  return pool === undefined ? 'done' : 'prepared';
}

function stepFinished(
  before: StatusRecord,
  event: Extract<Event, { type: 'step-finished' }>,
): Partial<StatusRecord> {
  const steps = {
    ...before.steps,
    [event.outcome]: before.steps[event.outcome] + 1,
    current: before.steps.current.filter((id) => id !== event.step),
  };
  const itsOwn = event.outcome === 'failed' && event.stoppedBy === undefined;
  if (!itsOwn || before.failure !== undefined) return { steps };
  return { steps, failure: `${event.step}: ${event.error ?? 'failed'}` };
}
