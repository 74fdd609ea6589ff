import { expect, test } from 'vitest';
import { noticesIn, type Sighting } from '../../../src/lifecycle/notices/sighting.ts';

const kinds = (sighting: Sighting, wasInService = true) =>
  noticesIn(sighting, wasInService).notices.map(({ kind }) => kind);

test('the states that Auto Scaling names, and what each means', () => {
  const meaning = (targetState: string, wasInService: boolean) =>
    kinds({ targetState }, wasInService)[0];
  expect(meaning('InService', true)).toBeUndefined();
  expect(meaning('Terminated', true)).toBe('termination');
  expect(meaning('Terminated', false)).toBe('termination');
  expect(meaning('Standby', true)).toBe('standby');
  expect(meaning('Detached', true)).toBe('detached');
  for (const state of ['Warmed:Stopped', 'Warmed:Running', 'Warmed:Hibernated']) {
    expect(meaning(state, true)).toBe('warm-pool');
    // On its way into the pool for the first time: that is where the launch leads.
    expect(meaning(state, false)).toBeUndefined();
  }
  expect(meaning('Warmed:Terminated', false)).toBe('termination');
  expect(meaning('', true)).toBeUndefined();
});

test('a state that nobody knows starts nothing and is told', () => {
  const { notices, unreadable } = noticesIn({ targetState: 'Quarantined' }, true);
  expect(notices).toEqual([]);
  expect(unreadable).toEqual([
    'autoscaling/target-lifecycle-state says "Quarantined", which this agent does not know',
  ]);
});

test('a spot interruption names its time', () => {
  const spot = '{"action": "terminate", "time": "2026-09-18T08:22:00Z"}';
  expect(noticesIn({ spot }, true).notices).toEqual([
    {
      kind: 'spot',
      because: 'EC2 takes the spot instance back (terminate)',
      source: 'spot/instance-action',
      until: Date.UTC(2026, 8, 18, 8, 22),
    },
  ]);
  // The time may be missing or no time: the notice stands.
  expect(noticesIn({ spot: '{"action":"hibernate","time":"soon"}' }, true).notices[0]).toEqual(
    expect.not.objectContaining({ until: expect.anything() }),
  );
  for (const broken of ['', 'terminate', '[]', 'null', '{"action":5}'])
    expect(noticesIn({ spot: broken }, true)).toMatchObject({
      notices: [],
      unreadable: [expect.stringContaining('no action')],
    });
});

test('a rebalance recommendation, whatever stands in it', () => {
  expect(kinds({ rebalance: '{"noticeTime": "2026-10-27T08:22:00Z"}' })).toEqual(['rebalance']);
  expect(kinds({ rebalance: 'x' })).toEqual(['rebalance']);
});

test('scheduled events: the first active one that ends or restarts the instance', () => {
  const event = (Code: string, NotBefore: string, State = 'active') => ({
    Code,
    NotBefore,
    State,
    Description: 'The instance is running on degraded hardware',
  });
  const maintenance = JSON.stringify([
    event('system-maintenance', '1 Jan 2027 09:00:00 GMT'),
    event('instance-stop', '3 Jan 2027 09:00:00 GMT'),
    event('instance-retirement', '2 Jan 2027 09:00:00 GMT'),
    event('system-reboot', '1 Jan 2026 09:00:00 GMT', 'completed'),
  ]);
  expect(noticesIn({ maintenance }, true).notices).toEqual([
    {
      kind: 'maintenance',
      because:
        'EC2 has scheduled instance-retirement: The instance is running on degraded hardware',
      source: 'events/maintenance/scheduled',
      until: Date.UTC(2027, 0, 2, 9),
    },
  ]);
  expect(kinds({ maintenance: '[]' })).toEqual([]);
  expect(kinds({ maintenance: '[null, 3, {"Code": 1}]' })).toEqual([]);
  expect(noticesIn({ maintenance: '{' }, true).unreadable).toHaveLength(1);
});

test('several at once', () => {
  const all = { targetState: 'Terminated', spot: '{"action":"stop"}', rebalance: '{}' };
  expect(kinds(all)).toEqual(['termination', 'spot', 'rebalance']);
  expect(kinds({})).toEqual([]);
});
