import { describe, expect, it } from 'vitest';
import { fasterClock, systemClock } from '../../../src/clock.ts';
import { bench, instance } from '../instance.ts';

const id = 'meta-data/instance-id';

describe('trouble that passes', () => {
  const troubles = {
    429: { status: 429 },
    500: { status: 500 },
    503: { status: 503 },
    reset: 'reset',
    'lost answer': 'lose-answer',
    truncated: { truncate_at: 3 },
  } as const;

  it.each(Object.entries(troubles))(
    '%s: tried again, of the value and of the token',
    async (_name, fault) => {
      const { metadata, retries } = await bench({
        faults: [
          { on: 'imds:api/token', do: fault, times: 2 },
          { on: 'imds:meta-data/*', do: fault, times: 2 },
        ],
      });
      expect(await metadata.read(id)).toBe(instance.instance_id);
      const keys = retries().map((line) => line.split(':')[0]);
      expect(keys).toEqual(['api/token', 'api/token', id, id]);
    },
  );

  it('hanging: cut off after the attempt and tried again', async () => {
    const { metadata, retries } = await bench({
      clock: fasterClock(20),
      faults: [
        { on: 'imds:api/token', do: 'hang', times: 1 },
        { on: 'imds:meta-data/*', do: 'hang', times: 1 },
      ],
    });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(retries().join('\n')).toMatch(/api\/token: no answer from \S+ within 1 s/);
    expect(retries().join('\n')).toMatch(/instance-id: no answer from \S+ within 1 s/);
  });

  it('a slow body: given longer at each attempt, so that it comes through', async () => {
    const userData = Buffer.alloc(16_384, 'x');
    const { metadata, retries } = await bench({
      clock: fasterClock(4),
      userData,
      // Four seconds for the body: too long for the first attempts.
      faults: [{ on: 'imds:user-data', do: { bytes_per_second: 4096 } }],
    });
    expect(await metadata.readBytes('user-data')).toEqual(userData);
    expect(retries().join('\n')).toMatch(/user-data: the answer from \S+ was not complete within/);
  });

  it('refused at first: tried until it listens', async () => {
    const { metadata, retries } = await bench(
      { startsAfterMs: 8000, clock: fasterClock(20) },
      { random: () => 0.99 },
    );
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(retries()[0]).toMatch(/api\/token: \S+ refused the connection/);
  });

  it('waits longer and longer, with full jitter', async () => {
    const waits: number[] = [];
    const { metadata, events } = await bench(
      {
        clock: {
          ...systemClock,
          sleep: (ms, signal) => {
            // The deadlines of attempts are whole seconds.
            if (ms < 1000) waits.push(ms);
            return ms < 1000 ? Promise.resolve() : systemClock.sleep(ms, signal);
          },
        },
        faults: [{ on: 'imds:meta-data/*', do: { status: 503 }, times: 5 }],
      },
      { random: () => 0.5 },
    );
    await metadata.read(id);
    expect(waits).toEqual([25, 50, 100, 200, 400]);
    expect(
      events.flatMap((event) => (event.type === 'metadata-retrying' ? [event.waitMs] : [])),
    ).toEqual(waits);
  });
});
