/** Auto Scaling in memory, answering by script: for tests of the state machine on a virtual clock. */
import type { AutoScaling, LifecycleHook } from '../../src/aws/aws.ts';
import type { Happening } from '../../src/events.ts';
import { type LaunchHookOptions, launchHook } from '../../src/lifecycle/launch-hook.ts';
import { virtualClock } from '../virtual-clock.ts';

export function hook(name: string, more: Partial<LifecycleHook> = {}): LifecycleHook {
  return {
    name,
    transition: 'launching',
    heartbeatTimeoutSeconds: 60,
    globalTimeoutSeconds: 600,
    defaultResult: 'ABANDON',
    ...more,
  };
}

/** Answers in turn, the last one for ever; an Error is thrown, 'hang' waits for the signal. */
type Script<T> = readonly (T | Error | 'hang')[];

export interface Scripts {
  readonly hooks?: Script<LifecycleHook[]>;
  /** Lifecycle states; '' for an instance that is not known. */
  readonly states?: Script<string>;
  readonly complete?: Script<'completed' | 'not-active'>;
  readonly heartbeat?: Script<'recorded' | 'not-active'>;
}

/** A launch hook over scripted answers; `calls` lists what was asked and when, in ms of the clock. */
export function scripted(scripts: Scripts, options: Partial<LaunchHookOptions> = {}) {
  const clock = options.clock ?? virtualClock();
  const calls: string[] = [];
  const told: Happening[] = [];
  const turn = <T>(name: string, script: Script<T>) => {
    let asked = 0;
    return async (signal?: AbortSignal): Promise<T> => {
      calls.push(`${Math.round(clock.monotonic())} ${name}`);
      const answer = script[Math.min(asked, script.length - 1)];
      asked += 1;
      if (answer === 'hang')
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      if (answer === undefined || answer instanceof Error)
        throw answer ?? new Error(`${name} was not expected`);
      return answer as T;
    };
  };
  const describe = turn('describe', scripts.hooks ?? []);
  const state = turn('state', scripts.states ?? []);
  const complete = turn('complete', scripts.complete ?? []);
  const heartbeat = turn('heartbeat', scripts.heartbeat ?? []);
  const autoScaling: AutoScaling = {
    describeHooks: (_group, signal) => describe(signal),
    describeInstance: async (_instance, signal) => {
      const lifecycleState = await state(signal);
      return lifecycleState === '' ? undefined : { group: 'shop', lifecycleState };
    },
    targetGroups: async () => [],
    complete: ({ hook: name }, result, signal) => {
      calls.push(`${name} ${result}`);
      return complete(signal);
    },
    heartbeat: (_action, signal) => heartbeat(signal),
  };
  const subject = launchHook({
    group: 'shop',
    instanceId: 'i-0abc',
    autoScaling,
    clock,
    tell: (happening) => told.push(happening),
    pulse: () => clock.monotonic(),
    random: () => 0.5,
    ...options,
  });
  return { subject, clock, calls, told };
}
