import { expect, test } from 'vitest';
import { UnavailableError } from '../../../src/errors.ts';
import type { Happening } from '../../../src/events.ts';
import { pollNotices, type Read } from '../../../src/lifecycle/notices/poller.ts';
import type { Sighting } from '../../../src/lifecycle/notices/sighting.ts';
import { virtualClock } from '../../virtual-clock.ts';

/** Polls for so many seconds of a virtual clock. */
async function polled(seconds: number, read: (key: string, at: number) => string | undefined) {
  const clock = virtualClock();
  const over = new AbortController();
  const told: Happening[] = [];
  const seen: { at: number; sighting: Sighting }[] = [];
  const asked: { at: number; key: string }[] = [];
  const reading: Read = async (key) => {
    const at = clock.monotonic() / 1000;
    asked.push({ at, key });
    return read(key, at);
  };
  const polling = pollNotices({
    read: reading,
    clock,
    tell: (happening) => told.push(happening),
    signal: over.signal,
    random: () => 0.5,
    sighted: (sighting) => void seen.push({ at: clock.monotonic() / 1000, sighting }),
  });
  await clock.sleep(seconds * 1000);
  over.abort();
  await polling;
  return { told, seen, asked };
}

test('a notice is seen within five seconds', async () => {
  const { seen } = await polled(60, (key, at) =>
    key === 'targetState' ? (at < 21.3 ? 'InService' : 'Terminated') : undefined,
  );
  const first = seen.find(({ sighting }) => sighting.targetState === 'Terminated');
  expect(first?.at).toBeGreaterThan(21.3);
  expect(first?.at).toBeLessThanOrEqual(26.3);
});

test('an on-demand instance is not asked for what only spot instances have, nor often for events', async () => {
  const { asked } = await polled(60, (key) => (key === 'purchase' ? 'on-demand' : undefined));
  const times = (wanted: string) => asked.filter(({ key }) => key === wanted).length;
  expect([times('purchase'), times('spot'), times('rebalance')]).toEqual([1, 0, 0]);
  expect(times('maintenance')).toBe(1);
  expect(times('targetState')).toBeGreaterThanOrEqual(12);
});

test('a spot instance is asked for all, and so is one that does not say what it is', async () => {
  for (const purchase of ['spot', undefined, 'something new']) {
    const { asked } = await polled(20, (key) => (key === 'purchase' ? purchase : undefined));
    expect(asked.filter(({ key }) => key === 'spot').length).toBeGreaterThanOrEqual(4);
    expect(asked.filter(({ key }) => key === 'rebalance').length).toBeGreaterThanOrEqual(4);
  }
});

test('an hour of silence is told of twice, and then all goes on', async () => {
  const { told, seen } = await polled(4000, (key, at) => {
    if (at > 100 && at < 3700) throw new UnavailableError('refused the connection');
    return key === 'targetState' ? 'InService' : undefined;
  });
  expect(told.map(({ type }) => type)).toEqual(['metadata-silent', 'metadata-back']);
  expect(told[0]).toMatchObject({ because: 'refused the connection' });
  expect((told[1] as { ms: number }).ms).toBeGreaterThanOrEqual(3_590_000);
  expect(seen.at(-1)?.at).toBeGreaterThan(3990);
});
