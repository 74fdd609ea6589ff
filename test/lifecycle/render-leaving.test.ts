import { expect, test } from 'vitest';
import { type Leaving, leavingFrom } from '../../src/lifecycle/leaving.ts';
import { renderLeaving } from '../../src/lifecycle/render-leaving.ts';

const watching: Leaving = { ...leavingFrom('0', 4711), watching: true };
const begun = Date.UTC(2026, 0, 2, 3, 4, 5);

test('a watch that runs, one that ended, one that was killed', () => {
  expect(renderLeaving(watching, true)).toBe('watch      running, process 4711\n');
  expect(renderLeaving({ ...watching, watching: false }, true)).toContain(
    'not running: systemctl start bootstrap-agent-watch',
  );
  expect(renderLeaving(watching, false)).toContain('ended without a word (it was process 4711)');
});

test('a drain under way: notices with their time, stages, and a silent metadata service', () => {
  const drain = {
    id: 'd',
    state: 'draining',
    kinds: ['spot'],
    because: 'a spot interruption',
    startedAt: begun,
    until: begun + 115_000,
    deregistered: true,
    stages: [{ stage: 'no new work', outcome: 'done', ms: 12 }],
  } as const;
  const text = renderLeaving(
    {
      ...watching,
      silentSince: begun,
      notices: [
        { kind: 'spot', because: 'a spot interruption', source: 'spot/x', until: begun + 120_000 },
        { kind: 'rebalance', because: 'a rebalance', source: 'events/y' },
      ],
      drain,
    },
    true,
  );
  expect(text).toBe(`watch      running, process 4711
           the metadata service is silent since 2026-01-02T03:04:05.000Z
notice     a spot interruption (spot/x), by 2026-01-02T03:06:05.000Z
notice     a rebalance (events/y)
drain      draining since 2026-01-02T03:04:05.000Z, until 2026-01-02T03:06:00.000Z at most: a spot interruption
           no new work: done
`);
});

test('a drain that is over: how long it took, and why a stage was not done', () => {
  const text = renderLeaving(
    {
      ...watching,
      drain: {
        id: 'd',
        state: 'incomplete',
        kinds: ['by-hand'],
        because: 'by hand',
        startedAt: begun,
        finishedAt: begun + 12_340,
        until: begun + 600_000,
        deregistered: true,
        stages: [{ stage: 'logs', outcome: 'failed', ms: 12, because: 'access denied' }],
      },
    },
    true,
  );
  expect(text).toContain('drain      incomplete after 12.3 s: by hand\n');
  expect(text).toContain('logs: failed: access denied\n');
});
