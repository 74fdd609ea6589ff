import { describe, expect, it } from 'vitest';
import type { LifecycleHook } from '../../src/aws/aws.ts';
import { ConfigError } from '../../src/errors.ts';
import type { LaunchHookOptions } from '../../src/lifecycle/launch-hook.ts';
import { virtualClock } from '../virtual-clock.ts';
import { hook, type Scripts, scripted } from './auto-scaling-in-memory.ts';

const hour = 3_600_000;

interface Stay {
  readonly hook?: Partial<LifecycleHook>;
  readonly scripts?: Scripts;
  /** When the boot last moves, ms. */
  readonly movesUntil?: number;
  readonly since?: number;
  readonly deadline?: number;
  readonly named?: boolean;
}

/** Beats until the budget ends the boot, or for an hour; gives when that was and why. */
async function stay({
  scripts = {},
  movesUntil = hour,
  since = 0,
  deadline = hour,
  ...more
}: Stay) {
  const clock = virtualClock();
  const options: Partial<LaunchHookOptions> = {
    clock,
    pulse: () => Math.min(clock.monotonic(), movesUntil),
    ...(more.named && { hook: 'launch' }),
  };
  const stage = scripted(
    {
      hooks: [[hook('launch', { globalTimeoutSeconds: 6000, ...more.hook })]],
      heartbeat: ['recorded'],
      states: ['Pending:Wait'],
      ...scripts,
    },
    options,
  );
  const stop = new AbortController();
  void clock.sleep(hour).then(() => stop.abort());
  let end: { at: number; because: string } | undefined;
  const outOfTime = ({ message }: Error) => {
    end = { at: clock.monotonic(), because: message };
  };
  await stage.subject.find(stop.signal);
  await stage.subject.beat(stop.signal, { since, deadline, outOfTime });
  const warnings = stage.told.flatMap((one) => (one.type === 'warning' ? [one.message] : []));
  const budget = stage.told.find((one) => one.type === 'hook-budget');
  return { ...stage, end, warnings, budget };
}

describe('the budget of a launch hook', () => {
  it('is told from the start, with what is spent of it', async () => {
    const { budget } = await stay({ since: -12_000, deadline: 900_000 });
    expect(budget).toEqual({
      type: 'hook-budget',
      hook: 'launch',
      heartbeatTimeoutSeconds: 60,
      globalTimeoutSeconds: 6000,
      spentSeconds: 12,
      until: 1_700_000_900_000,
      assumed: false,
    });
  });

  it('ends a boot in which nothing moves any more, before the heartbeat timeout does', async () => {
    const { end, calls } = await stay({ movesUntil: 50_000 });
    // Heartbeats at 20 s, 40 s and 60 s; the hook would time out at 120 s.
    expect(calls.filter((call) => call.endsWith('heartbeat'))).toHaveLength(3);
    expect(end?.at).toBeGreaterThanOrEqual(100_000);
    expect(end?.at).toBeLessThan(110_000);
    expect(end?.because).toMatch(/^Nothing moved for 5\d s, .*hook launch of group shop/);
  });

  it('does not where the hook waits for nobody, as after a reboot', async () => {
    const { end, calls } = await stay({ movesUntil: 0, scripts: { states: ['InService'] } });
    expect(end).toBeUndefined();
    expect(calls.some((call) => call.endsWith('state'))).toBe(true);
  });

  it('does where Auto Scaling may not be asked for whom it waits', async () => {
    const { end } = await stay({ movesUntil: 0, scripts: { states: [new ConfigError('denied')] } });
    expect(end?.at).toBeLessThan(60_000);
  });

  it('counts from when EC2 started the instance', async () => {
    const early = await stay({ since: -30_000 });
    expect(early.calls.find((call) => call.endsWith('heartbeat'))).toBe('0 heartbeat');
    const late = await stay({ movesUntil: 0, since: -30_000 });
    expect(late.end?.at).toBeLessThan(60_000);
  });

  it('ends before the global timeout, whatever moves, and says so at the start', async () => {
    const { end, warnings } = await stay({
      hook: { heartbeatTimeoutSeconds: 30, globalTimeoutSeconds: 3000 },
      since: -100_000,
    });
    expect(end?.at).toBe(3_000_000 - 100_000 - 10_000);
    expect(end?.because).toContain('global timeout of 3000 s');
    expect(warnings).toEqual([expect.stringMatching(/deadline of this boot is 710 s later than/)]);
  });

  it('takes a stay that must be over by now for another one', async () => {
    const { budget, end } = await stay({ since: -100 * hour });
    expect(budget).toMatchObject({ spentSeconds: 0 });
    expect(end).toBeUndefined();
  });

  it('ends nothing for the sake of timeouts that are not known', async () => {
    const { end, budget } = await stay({
      named: true,
      movesUntil: 20_000,
      scripts: { hooks: [new ConfigError('denied')] },
    });
    expect(budget).toMatchObject({ assumed: true, heartbeatTimeoutSeconds: 30 });
    expect(end).toBeUndefined();
  });
});
