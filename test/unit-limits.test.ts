import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { defaultDeadline } from '../src/plan/plan.ts';

const text = readFileSync('systemd/bootstrap-agent.service', 'utf8');

/** Of a setting that is written as a number with `s` or `min`, or with no unit. */
function secondsOf(name: string): number {
  const [, number = '', unit = ''] = new RegExp(`^${name}=(\\d+)(s|min)?$`, 'm').exec(text) ?? [];
  expect(number, name).not.toBe('');
  return Number(number) * (unit === 'min' ? 60 : 1);
}

it('a boot that hangs uses up its tries before systemd forgets the first; one that waits for a service does not', () => {
  const tries = secondsOf('StartLimitBurst');
  const forgotten = secondsOf('StartLimitIntervalSec');
  const pause = secondsOf('RestartSec');
  const hangs = secondsOf('TimeoutStartSec') + secondsOf('TimeoutStopSec') + pause;
  expect(tries * hangs).toBeLessThan(forgotten);
  // The deadline of a boot where nobody sets one; systemd 252 counts each start twice.
  expect((tries / 2) * (defaultDeadline + pause)).toBeGreaterThan(forgotten);
});
