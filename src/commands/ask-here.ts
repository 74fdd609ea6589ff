/** Asks the node itself what a load balancer's health check asks it. */
import { type Clock, deadlineSignal } from '../clock.ts';
import { messageOf, StepError } from '../errors.ts';
import { ask } from '../health/ask.ts';
import type { Host } from '../host/host.ts';
import type { AskHere } from '../lifecycle/balancer.ts';

/** Never rejects. What is no plain HTTP is only connected to. */
export function askHere(host: Host, clock: Clock, signal: AbortSignal): AskHere {
  return async (check, port) => {
    if (port === undefined) return 'not asked';
    const { intervalSeconds, timeoutSeconds, path, protocol } = check;
    const try_ = {
      id: 'load balancer',
      intervalSeconds,
      timeoutSeconds,
      successes: 1,
      deadlineSeconds: timeoutSeconds,
      port,
    };
    const slow = new StepError(`no answer within ${timeoutSeconds} s`);
    const trial = deadlineSignal(clock, timeoutSeconds * 1000, slow, signal);
    const probe =
      protocol === 'HTTP' && path !== undefined
        ? ({ kind: 'http', ...try_, path, host: 'localhost', codes: check.codes ?? '200' } as const)
        : ({ kind: 'tcp', ...try_ } as const);
    return ask(probe, host, trial.signal)
      .then(({ detail }) => detail, messageOf)
      .finally(trial.release);
  };
}
