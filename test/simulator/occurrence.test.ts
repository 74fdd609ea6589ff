import { expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { keys } from '../../src/identity/keys.ts';
import { metadataClient, metadataEndpoints } from '../../src/identity/metadata-client.ts';
import { surroundingsOf } from '../commands/trial-boot.ts';

/** What the agent would read of the scenario, each when it has changed to what the test waits for. */
async function seen(yaml: string) {
  const { simulation, clock, env, scenario } = await surroundingsOf(yaml);
  const client = metadataClient({
    endpoints: metadataEndpoints(env),
    clock,
    tell: () => undefined,
    deadlineMs: 60_000,
  });
  const signal = new AbortController().signal;
  const until = async (
    key: Extract<(typeof keys)[keyof typeof keys], string>,
    so: (text?: string) => boolean,
  ) => {
    const giveUp = performance.now() + 30_000;
    for (;;) {
      const text = await client.read(key, signal);
      if (so(text)) return text;
      if (performance.now() > giveUp) throw new Error(`never so: ${text}`);
      await clock.sleep(500);
    }
  };
  return { until, simulation, clock, close: () => client.close(), scenario };
}

test('a timeline comes over the node at its times, in the words of the metadata service', async () => {
  const { until, clock, close } = await seen(`
speed: 20
instance: { life_cycle: spot }
timeline:
  - { at: 5, what: rebalance }
  - { at: 10, what: spot, notice: 90 }
  - { at: 15, what: maintenance, notice: 3600 }
  - { at: 40, what: withdraw }
`);
  const start = clock.now();
  const spot = JSON.parse((await until(keys.spotNotice, (text) => text !== undefined)) ?? '');
  expect(spot.action).toBe('terminate');
  // At ten seconds and not at once, with ninety from then on; in whole seconds.
  expect(Date.parse(spot.time)).toBeGreaterThan(start + 90_000);
  expect(await until(keys.rebalance, (text) => text !== undefined)).toContain('noticeTime');
  const [event] = JSON.parse((await until(keys.maintenance, (text) => text !== undefined)) ?? '');
  expect(event).toMatchObject({ Code: 'instance-stop', State: 'active' });
  for (const key of [keys.spotNotice, keys.rebalance, keys.maintenance])
    await until(key, (text) => text === undefined);
  close();
});

test('the group takes the node out by itself too', async () => {
  const { until, close } = await seen('speed: 100\ntimeline: [{ at: 3, what: terminate }]\n');
  expect(await until(keys.targetLifecycleState, (text) => text === 'Terminated')).toBeDefined();
  close();
});

test('what is no occurrence is told with those that there are', async () => {
  const refused = await surroundingsOf('timeline: [{ at: 3, what: explode }]\n').catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(ConfigError);
  expect(String(refused)).toMatch(/timeline.*\n?.*terminate/);
});
