import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  afterSuccess,
  configurationDigest,
  countIn,
  type FailureCount,
  standing,
  withCanary,
} from '../../src/engine/crash-loop.ts';
import type { Role } from '../../src/roles/role.ts';

const orders = { failures: 3, pauseSeconds: 60 };
const minute = 60_000;
const start = Date.UTC(2026, 0, 2);

/** The count after nodes a, b, c, ... failed at once. */
function failed(nodes: string, now = start): FailureCount {
  let count: FailureCount | undefined;
  for (const instanceId of nodes)
    count = afterFailure(count, { instanceId, because: `${instanceId} broke`, now });
  return count as FailureCount;
}

describe('a node of a group', () => {
  it('may boot as long as fewer failed in a row than the class allows', () => {
    expect(standing(undefined, orders, start)).toBe('open');
    expect(standing(failed('ab'), orders, start)).toBe('open');
    expect(standing(failed('abc'), orders, start)).toEqual({
      closed: expect.stringMatching(
        /^3 nodes of this group failed in a row .*\(a, b, c\), the last one: c broke\n.*2026-01-02T00:01:00/,
      ),
    });
  });

  it('tries again after a pause, which doubles with each further failure, up to an hour', () => {
    expect(standing(failed('abc'), orders, start + minute - 1)).toHaveProperty('closed');
    expect(standing(failed('abc'), orders, start + minute)).toBe('canary');
    expect(standing(failed('abcd'), orders, start + 2 * minute - 1)).toHaveProperty('closed');
    expect(standing(failed('abcd'), orders, start + 2 * minute)).toBe('canary');
    const many = failed('abcdefghijklmnopqrstuvwxyz');
    expect(standing(many, orders, start + 60 * minute - 1)).toHaveProperty('closed');
    expect(standing(many, orders, start + 60 * minute)).toBe('canary');
  });

  it('waits while another one tries, and no longer than that one may take', () => {
    const trying = withCanary(failed('abc'), 'd', start + 10 * minute);
    expect(standing(trying, orders, start + 5 * minute)).toEqual({
      closed: expect.stringContaining('d is trying again'),
    });
    expect(standing(trying, orders, start + 10 * minute)).toBe('canary');
  });

  it('counts once, however often systemd starts its agent; as a canary it counts again', () => {
    expect(failed('aaaa')).toMatchObject({ failures: 1, nodes: ['a'] });
    const trying = withCanary(failed('abc'), 'a', start + minute);
    const again = afterFailure(trying, { instanceId: 'a', because: 'x', now: start });
    expect(again.failures).toBe(4);
    expect(again).not.toHaveProperty('canary');
  });

  it('is not held responsible for what failed hours ago, or before another became healthy', () => {
    expect(standing(failed('abc'), orders, start + 121 * minute)).toBe('open');
    const later = { instanceId: 'd', because: 'x', now: start + 121 * minute };
    expect(afterFailure(failed('abc'), later)).toMatchObject({ failures: 1, nodes: ['d'] });
    expect(standing(afterSuccess(failed('abc')), orders, start)).toBe('open');
  });
});

it.each(['', 'null', '{}', '{"version":2}', '{"version":1,"failures":"9"}'])(
  '%j is no count, and keeps nobody from booting',
  (text) => expect(countIn(text)).toBeUndefined(),
);

it('a configuration is the same whatever the instance, and another with role, template, release or agent', () => {
  const role = {
    class: 'tomcat',
    document: { sysctl: { a: 1 } },
    templates: new Map([['t', 'x']]),
  };
  const digest = (changed: object, version = '1', name = '7') =>
    configurationDigest(
      { ...role, ...changed } as unknown as Role,
      { name, source: 'tag' } as never,
      version,
    );
  const same = digest({ origins: new Map([['sysctl.a', 1]]) });
  expect(digest({})).toBe(same);
  const others = [
    digest({ document: { sysctl: { a: 2 } } }),
    digest({ templates: new Map([['t', 'y']]) }),
    digest({}, '2'),
    digest({}, '1', '8'),
  ];
  expect(new Set([same, ...others]).size).toBe(5);
});
