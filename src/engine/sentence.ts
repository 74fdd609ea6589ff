/** Events in words: one line each, for logs and messages. */
import type { Event, Happening } from '../events.ts';

/** One line that tells the event to a person, without its time. */
export function sentenceOf(event: Happening): string {
  switch (event.type) {
    case 'boot-started':
      return `bootstrap-agent ${event.agentVersion} starts${event.simulated ? ' (simulated)' : ''}, boot ${event.bootId}`;
    case 'metadata-answered':
      return `metadata ${event.key}  ${event.status}  ${duration(event.ms)}`;
    case 'metadata-retrying':
      return `metadata ${event.key}  ${retrying(event)}`;
    case 'identity-known':
      return `identity: ${event.instanceId}, ${event.instanceType} in ${event.zone}, ${event.group === '' ? 'in no group' : `group ${event.group}`}  ${duration(event.ms)}, ${event.requests} requests`;
    case 'class-chosen':
      return `class: ${event.class}, from ${event.source}`;
    case 'release-chosen':
      return `release: ${event.release}, from ${event.source}`;
    case 'peers-found':
      return `peers: ${event.peers.length === 0 ? 'none' : event.peers.join(', ')}`;
    case 'user-data-foreign':
      return `user data is not ours (${event.looksLike}); not read`;
    case 'plan-made':
      return `plan: ${event.steps} ${event.steps === 1 ? 'step' : 'steps'}, ${event.probes} ${event.probes === 1 ? 'probe' : 'probes'}, digest ${event.digest.slice(0, 12)}`;
    case 'pool-entered':
      return `into the warm pool (${event.state}): prepared only; ${event.waiting.length} ${event.waiting.length === 1 ? 'step waits' : 'steps wait'} until it is wanted in service`;
    case 'pool-left':
      return 'out of the warm pool: the rest is done now';
    case 'bake-planned':
      return `to bake for ${event.classes.join(', ')}: ${event.steps} ${event.steps === 1 ? 'step' : 'steps'}`;
    case 'image-cleaned':
      return `${ended[event.end]} ${event.path}  ${event.what}, ${event.bytes} bytes`;
    case 'start-recorded':
      return `the start of a boot is recorded: ${event.files} files, ${bytesOf(event)}, to be read ahead`;
    case 'start-recognised':
      return [`start: ${event.start}: ${event.because}`, ...event.changes].join('\n  ');
    case 'aws-called':
      return `${event.service} ${event.operation}  ${event.outcome === 'ok' ? 'ok' : (event.error ?? 'failed')}  ${duration(event.ms)}`;
    case 'aws-received':
      return `${event.service} ${event.operation}  ${bytesOf(event)} in ${duration(event.ms)}, waited ${duration(event.waitedMs)} for them`;
    case 'aws-retrying':
      return `${event.service} ${event.operation}  ${retrying(event)}`;
    case 'step-started':
      return `${event.step}  started${event.queuedMs === undefined ? '' : `, ${duration(event.queuedMs)} after all it needs was there`}`;
    case 'step-waited':
      return `${event.step}  waited ${duration(event.ms)} for ${event.on}`;
    case 'step-applying':
      return `${event.step}  applying: ${event.differences.join('; ')}`;
    case 'step-progress':
      return `${event.step}  ${event.line ?? bytesOf(event)}`;
    case 'step-retrying':
      return `${event.step}  ${retrying(event)}`;
    case 'step-finished':
      return `${event.step}  ${event.outcome}  ${duration(event.ms)}${because(event.error)}`;
    case 'probe-answered':
      return `${event.probe}  ${event.ok ? `ok ${event.inARow} of ${event.wanted}` : 'not healthy'}: ${event.detail}`;
    case 'verdict':
      return [`verdict: ${event.result}: ${event.because}`, ...(event.faults ?? [])].join('\n  ');
    case 'hook-found':
      return `${hookOf(event)}: ${event.hook} of ${event.group}${event.heartbeatTimeoutSeconds === undefined ? '' : `, heartbeat timeout ${event.heartbeatTimeoutSeconds} s`}`;
    case 'hook-budget':
      return `launch hook: ${budgetInWords(event)}`;
    case 'heartbeat':
      return `heartbeat ${event.outcome}${because(event.because)}`;
    case 'hook-completed':
      return `${hookOf(event)}: ${event.result} ${event.outcome}${because(event.because)}`;
    case 'registering':
      return `registering with ${event.balancers.join(', ')}`;
    case 'registered':
      return `${event.balancer}: ${event.already ? 'is registered there already' : 'registered'}`;
    case 'target-health':
      return `${balancerOf(event)}: ${[event.state, event.reason].filter(Boolean).join(', ')}: ${event.because}`;
    case 'watch-started':
      return `bootstrap-agent ${event.agentVersion} watches for notices to leave${because(event.because)}`;
    case 'metadata-silent':
      return `the metadata service does not answer, so no notice can be seen; asking on: ${event.because}`;
    case 'metadata-back':
      return `the metadata service answers again, after ${duration(event.ms)}`;
    case 'notice':
      return `notice to leave (${event.kind}): ${event.because}${event.until === undefined ? '' : `, by ${new Date(event.until).toISOString()}`}; ${leading[event.leads]}`;
    case 'notice-withdrawn':
      return `notice to leave (${event.kind}) is withdrawn`;
    case 'drain-started':
      return `drain: ${event.because}: ${event.stages.join(', ')}; ${event.seconds} s at most`;
    case 'drain-stage':
      return `drain: ${event.stage}  ${event.outcome}  ${duration(event.ms)}${because(event.because)}`;
    case 'drain-finished':
      return `drain ${event.outcome} after ${duration(event.ms)}`;
    case 'hold-begun':
      return holdInWords(event);
    case 'hold-ended':
      return `held for debugging no longer: ${event.because}`;
    case 'record-kept':
      return `flight record: ${event.address}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'boot-finished':
      return `finished with exit code ${event.exitCode} after ${duration(event.ms)}`;
  }
}

const ended = {
  remove: 'removed',
  empty: 'emptied',
  rewrite: 'rewritten',
  link: 'linked',
} as const;

const leading = {
  drain: 'draining',
  later: 'draining when it is due',
  noted: 'noted; the role (drain.on) does not drain for it',
} as const;

function hookOf({ transition }: { readonly transition?: 'terminating' }): string {
  return transition === undefined ? 'launch hook' : 'terminating hook';
}

/** `target group shop`, `classic load balancer shop` */
export function balancerOf({
  targetGroup,
  balancer,
}: {
  readonly targetGroup: string;
  readonly balancer?: 'classic';
}): string {
  return `${balancer === undefined ? 'target group' : 'classic load balancer'} ${targetGroup}`;
}

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** How much an event matters to whoever reads the log of a node that works: `debug` is what only a fault makes interesting. */
export function levelOf(event: Event): Level {
  switch (event.type) {
    case 'metadata-answered':
    // Of a call that failed, the retry or the error tells: with the reason, and once.
    case 'aws-called':
    case 'aws-received':
    case 'step-started':
    case 'step-applying':
    case 'step-progress':
      return 'debug';
    case 'metadata-retrying':
    case 'aws-retrying':
    case 'step-retrying':
    case 'metadata-silent':
    case 'warning':
    case 'hold-begun':
      return 'warn';
    case 'target-health':
      return /^(healthy|initial)$/.test(event.state) ? 'info' : 'warn';
    case 'drain-stage':
      return event.outcome === 'done' ? 'info' : 'warn';
    case 'drain-finished':
      return event.outcome === 'complete' ? 'info' : 'warn';
    case 'step-finished':
      if (event.outcome === 'skipped' || event.stoppedBy !== undefined) return 'debug';
      return event.outcome === 'failed' ? 'error' : 'info';
    case 'verdict':
      return event.result === 'CONTINUE' ? 'info' : 'error';
    case 'start-recognised':
      return /clone|swapped|crash/.test(event.start) ? 'warn' : 'info';
    case 'heartbeat':
      return event.outcome === 'recorded' ? 'info' : 'warn';
    case 'boot-finished':
      return event.exitCode === 0 ? 'info' : 'error';
    default:
      return 'info';
  }
}

type Budget = Extract<Happening, { type: 'hook-budget' }>;

/** Without the name of the hook's kind: for logs and for the status. */
export function budgetInWords(budget: Omit<Budget, 'type'>): string {
  const { hook, heartbeatTimeoutSeconds, globalTimeoutSeconds, spentSeconds, until } = budget;
  const waits = `${hook} waits ${duration(heartbeatTimeoutSeconds * 1000)} for each heartbeat, ${duration(globalTimeoutSeconds * 1000)} in all`;
  const assumed = budget.assumed ? ' at the least (it cannot be described)' : '';
  return `${waits}${assumed}, of which ${spentSeconds} s are spent; the verdict comes by ${new Date(until).toISOString()}`;
}

type Hold = Extract<Happening, { type: 'hold-begun' }>;

/** Over two lines: when it ends by itself, and who can end it. */
export function holdInWords({ until, endedBy }: Omit<Hold, 'type'>): string {
  return `held for debugging until ${new Date(until).toISOString()}, then ABANDON; sooner by\n${endedBy.map((one) => `  ${one}`).join('\n')}`;
}

/** `12 ms`, `1.20 s`, `3 min 5 s`: three digits at most, so that columns stay narrow. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1.5 MB`, `45.1 of 64.0 MB (70 %)`; megabytes of 10^6 bytes, as S3 and disks count. */
export function bytesOf({ bytes = 0, total }: { bytes?: number; total?: number }): string {
  const mb = (n: number) => (n / 1e6).toFixed(1);
  if (total === undefined || total === 0) return `${mb(bytes)} MB`;
  return `${mb(bytes)} of ${mb(total)} MB (${Math.floor((bytes / total) * 100)} %)`;
}

function retrying({ because: reason, waitMs }: { because: string; waitMs: number }): string {
  return `again in ${duration(waitMs)}: ${reason}`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}
