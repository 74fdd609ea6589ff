import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

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
  // plan-in-time.ts: the shortest time after which a service that is away ends a boot.
  expect(tries * (240 + pause)).toBeGreaterThan(forgotten);
});
