import { describe, expect, it } from 'vitest';
import { keepWhilePlanning } from '../../src/commands/keep-while-planning.ts';
import { ConfigError } from '../../src/errors.ts';
import type { Happening } from '../../src/events.ts';
import { hook, type Scripts, scripted } from '../lifecycle/auto-scaling-in-memory.ts';
import { virtualClock } from '../virtual-clock.ts';
import { boots, surroundingsOf, told, warnings } from './trial-boot.ts';

/** A hook of 30 s, kept for so many seconds of planning. */
async function keptFor(seconds: number, scripts: Scripts) {
  const clock = virtualClock();
  const { subject, calls, told: happened } = scripted(scripts, { clock, pulse: clock.monotonic });
  const said: Happening[] = [];
  let over: Error | undefined;
  const end = keepWhilePlanning({
    hook: subject,
    wait: async () => ({
      since: 0,
      deadline: Number.POSITIVE_INFINITY,
      outOfTime: (error) => {
        over = error;
      },
    }),
    clock,
    tell: (happening) => said.push(happening),
  });
  await clock.sleep(seconds * 1000);
  await end();
  const beats = calls
    .filter((call) => call.endsWith(' heartbeat'))
    .map((call) => parseInt(call, 10));
  return { calls, beats, happened, said, over };
}

const short = hook('ready', { heartbeatTimeoutSeconds: 30, globalTimeoutSeconds: 3000 });

describe('the hook while there is no plan yet', () => {
  it('is left alone by a plan that is soon there', async () => {
    const { calls } = await keptFor(5, { hooks: [[short]], heartbeat: ['recorded'] });
    expect(calls).toEqual([]);
  });

  it('of 30 s gets a heartbeat in each of them', async () => {
    const { beats, said, happened } = await keptFor(100, {
      hooks: [[short]],
      heartbeat: ['recorded'],
    });
    expect(beats[0]).toBeLessThan(15_000);
    const gaps = beats.slice(1).map((at, n) => at - (beats[n] ?? 0));
    expect(Math.max(...gaps, 100_000 - (beats.at(-1) ?? 0))).toBeLessThan(20_000);
    expect(happened).toContainEqual(
      expect.objectContaining({ type: 'hook-budget', globalTimeoutSeconds: 3000 }),
    );
    expect(said).toEqual([]);
  });

  it('is not waited for beyond its global timeout', async () => {
    const { over } = await keptFor(3100, { hooks: [[short]], heartbeat: ['recorded'] });
    expect(over?.message).toMatch(
      /global timeout of 3000 s is over soon: hook ready of group shop/,
    );
  });

  it('that does not wait for this instance is asked a few times, and ends nothing', async () => {
    const { beats, over, said } = await keptFor(4000, {
      hooks: [[short]],
      heartbeat: ['not-active'],
    });
    expect([beats.length, over, said]).toEqual([4, undefined, []]);
  });

  it('that may not be asked for is a warning', async () => {
    const { said, over } = await keptFor(100, { hooks: [new ConfigError('denied')] });
    expect(said).toEqual([
      { type: 'warning', message: 'no heartbeats until there is a plan: denied' },
    ]);
    expect(over).toBeUndefined();
  });
});

it('a boot whose S3 is slow keeps its hook of 30 s, and ends with CONTINUE', async () => {
  const surroundings = await surroundingsOf(`speed: 5
faults: [{ on: "s3:GetObject:*/shop/current", do: { delay_ms: 50000 } }]
aws: { groups: { shop-tomcat: { hooks: [{ name: node-is-ready, heartbeat_timeout: 30 }] } } }
`);
  const result = await boots(surroundings);
  expect([result.exitCode, told(surroundings), warnings(result)]).toEqual([0, ['CONTINUE'], []]);
  const types = result.events.map(({ type }) => type);
  const recorded = types.slice(0, types.indexOf('plan-made'));
  expect(recorded).toContain('hook-budget');
  expect(recorded).toContain('heartbeat');
});
