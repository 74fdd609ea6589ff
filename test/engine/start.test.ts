import { describe, expect, test } from 'vitest';
import type { PreviousRun } from '../../src/engine/earlier-runs.ts';
import type { RunKey } from '../../src/engine/run-key.ts';
import { classifyStart, type StartKind } from '../../src/engine/start.ts';
import { keyOf } from './run-keys.ts';

const now = keyOf({ bootId: 'now' });
const then = (rest: Partial<RunKey> = {}, exitCode: number | undefined = 0): PreviousRun => ({
  key: keyOf({ bootId: 'then', ...rest }),
  ...(exitCode !== undefined && { exitCode }),
  memory: { units: [] },
});
const crashed = (rest: Partial<RunKey> = {}): PreviousRun => ({
  key: keyOf({ bootId: 'then', ...rest }),
  memory: { units: [] },
});
const other = {
  instance: { instanceId: 'i-0other' },
  volume: { rootVolume: 'vol-0b' },
  type: { instanceType: 't3.small' },
  start: { pendingTime: '2025-12-31T00:00:00Z' },
  boot: { bootId: 'now' },
};

const table: readonly (readonly [StartKind, string, PreviousRun | undefined, RegExp])[] = [
  ['first boot', 'nothing on the disk', undefined, /no run/],
  ['reboot', 'the same but for the boot id', then(), /those of the last run$/],
  ['reboot', 'a failed run before it', then({}, 1), /exit code 1$/],
  ['reboot', 'a run that was stopped before it', then({}, 75), /exit code 75$/],
  ['run again', 'the same boot', then(other.boot), /in this boot/],
  ['resume after a crash', 'the agent was killed', crashed(other.boot), /agent was killed/],
  ['resume after a crash', 'the power failed', crashed(), /the power or the kernel/],
  ['stop and start', 'EC2 started it anew', then(other.start), /at 2026-01.* at 2025-12/],
  ['stop and start', 'after a crash', crashed(other.start), /did not come to its end/],
  ['stop and start', 'hibernated', then({ ...other.start, ...other.boot }), /hibernated/],
  ['changed instance type', 'which takes a stop', then({ ...other.type, ...other.start }), /t3/],
  ['swapped root volume', 'the instance stays', then(other.volume), /vol-0b.*vol-0a/],
  ['swapped root volume', 'and grows', then({ ...other.volume, ...other.type }), /vol-0b/],
  ['clone', 'another instance', then(other.instance), /i-0other.*i-0abc/],
  [
    'clone',
    'a clone has all else new too',
    crashed({ ...other.instance, ...other.volume, ...other.start, ...other.type }),
    /i-0other/,
  ],
];

test.each(table)('%s: %s', (kind, _what, previous, because) => {
  const start = classifyStart(previous, now);
  expect(start.kind).toBe(kind);
  expect(start.because).toMatch(because);
  expect(start.changes).toEqual([]);
});

test('what the machine does not tell is no difference', () => {
  const { rootVolume: _v, pendingTime: _p, ...bare } = keyOf({ bootId: 'then' });
  expect(classifyStart({ ...then(), key: bare }, now).kind).toBe('reboot');
  const { rootVolume: _w, pendingTime: _q, ...untold } = now;
  expect(classifyStart(then(), untold).kind).toBe('reboot');
});

describe('what else changed', () => {
  const changes = (was: Partial<RunKey>, is: Partial<RunKey>) =>
    classifyStart(then(was), keyOf({ bootId: 'now', ...is })).changes;

  test('agent, class and release by name', () => {
    expect(
      changes(
        { agentVersion: '1.0', release: '1.4' },
        { agentVersion: '1.1', class: 'php', release: '1.5' },
      ),
    ).toEqual(['agent: 1.0, now 1.1', 'class: tomcat, now php', 'release: 1.4, now 1.5']);
    expect(changes({}, { release: '1.5' })).toEqual(['release: none, now 1.5']);
  });

  test('of the plan, which parts', () => {
    const was = { planDigest: 'a', parts: { same: '1', other: '1', gone: '1' } };
    expect(changes(was, { planDigest: 'b', parts: { same: '1', other: '2', new: '1' } })).toEqual([
      'plan: other: other; new: new; gone: gone',
    ]);
    expect(changes(was, { ...was, planDigest: 'b' })).toEqual([
      'plan: the same steps, other probes or another hook',
    ]);
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`s${n}`, '']));
    expect(changes({}, { planDigest: 'b', parts: many })).toEqual([
      'plan: new: s0, s1, s2, s3 and 5 more',
    ]);
  });
});
