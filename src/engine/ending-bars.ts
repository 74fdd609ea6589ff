/** The bars of what comes after the steps: probes, load balancers, the launch hook, and the node in service. */
import type { Event } from '../events.ts';
import type { Bar } from './bar.ts';
import { all, first } from './events-of.ts';
import { balancerOf } from './sentence.ts';
import { wait, waitsForAws } from './waits.ts';

/** What did not end lasts to the end of the boot, `totalMs`; what comes after that, to the last that is known, `toMs`. */
export function endingBars(events: readonly Event[], totalMs: number, toMs: number): Bar[] {
  return [
    probeBars(events, totalMs),
    balancerBars(events, totalMs),
    hookBars(events),
    targetBars(events, toMs),
  ].flat();
}

/** From the end of the last step, when probing begins, to the last answer of each probe. */
function probeBars(events: readonly Event[], totalMs: number): Bar[] {
  const answers = all(events, 'probe-answered');
  const begun = Math.max(
    0,
    ...all(events, 'step-finished').map(({ elapsed }) => elapsed),
    first(events, 'plan-made')?.elapsed ?? 0,
  );
  const verdictAt = first(events, 'verdict')?.elapsed ?? totalMs;
  const lastByProbe = new Map(answers.map((answer) => [answer.probe, answer]));
  const slowest = [...lastByProbe.values()].at(-1)?.probe;
  return [...lastByProbe.values()].map((answer) => {
    const healthy = answer.ok && answer.inARow >= answer.wanted;
    const endMs = healthy ? answer.elapsed : verdictAt;
    const startMs = Math.min(begun, answer.elapsed);
    const trouble = answers.findLast(({ probe, ok }) => probe === answer.probe && !ok)?.detail;
    return {
      name: answer.probe,
      part: 'probe',
      startMs,
      endMs,
      outcome: healthy ? 'healthy' : 'not healthy',
      retries: 0,
      critical: healthy ? answer.probe === slowest : true,
      waits: wait('application', trouble ?? answer.detail, endMs - startMs),
    };
  });
}

/** From where the node, healthy by its probes, began to register to where each load balancer found it healthy. */
function balancerBars(events: readonly Event[], totalMs: number): Bar[] {
  const begun = first(events, 'registering');
  if (begun === undefined) return [];
  const verdictAt = first(events, 'verdict')?.elapsed ?? totalMs;
  const seen = all(events, 'target-health').filter(({ elapsed }) => elapsed <= verdictAt);
  const found = begun.balancers.map((name) => ({
    name,
    healthy: seen.findLast((one) => balancerOf(one) === name && one.state === 'healthy'),
  }));
  const slowest = Math.max(0, ...found.map(({ healthy }) => healthy?.elapsed ?? 0));
  return found.map(({ name, healthy }) => ({
    name,
    part: 'balancer',
    startMs: begun.elapsed,
    endMs: healthy?.elapsed ?? verdictAt,
    outcome: healthy === undefined ? 'not healthy' : 'healthy',
    retries: 0,
    critical: healthy === undefined || healthy.elapsed === slowest,
    waits: wait(
      'application',
      'its health checks',
      (healthy?.elapsed ?? verdictAt) - begun.elapsed,
    ),
  }));
}

function hookBars(events: readonly Event[]): Bar[] {
  const completed = first(events, 'hook-completed');
  if (completed === undefined || completed.outcome === 'not-sent') return [];
  const startMs = first(events, 'verdict')?.elapsed ?? completed.elapsed;
  const own = events.filter(
    (event) => 'service' in event && event.service === 'autoscaling' && event.elapsed > startMs,
  );
  return [
    {
      name: 'launch hook',
      part: 'hook',
      startMs,
      endMs: completed.elapsed,
      outcome: completed.result,
      retries: all(own, 'aws-retrying').length,
      critical: true,
      waits: waitsForAws(own, [startMs, completed.elapsed]),
    },
  ];
}

/** From CONTINUE to what each load balancer said last of the node. Nothing of the boot waits for it. */
function targetBars(events: readonly Event[], toMs: number): Bar[] {
  const told = first(events, 'hook-completed') ?? first(events, 'verdict');
  if (told === undefined) return [];
  const answers = all(events, 'target-health').filter(({ elapsed }) => elapsed > told.elapsed);
  const lastOf = new Map(answers.map((answer) => [balancerOf(answer), answer]));
  return [...lastOf].map(([name, { state, elapsed, because }]) => {
    const endMs = state === 'healthy' ? elapsed : toMs;
    const trouble = answers.findLast((one) => balancerOf(one) === name && one.state !== 'healthy');
    const on = (trouble?.because ?? because).split('\n')[0] ?? '';
    return {
      name,
      part: 'target',
      startMs: told.elapsed,
      endMs,
      outcome: state,
      retries: 0,
      critical: false,
      waits: wait('application', on, endMs - told.elapsed),
    };
  });
}
