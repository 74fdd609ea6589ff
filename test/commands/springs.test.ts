import { expect, onTestFinished, test } from 'vitest';
import { openSprings } from '../../src/commands/springs.ts';
import { ConfigError } from '../../src/errors.ts';
import { surroundingsOf } from './trial-boot.ts';

const address = { bucket: 'acme-releases-eu-west-1', key: 'shop/current' };

/** The age of the instance when its first call is denied, and how many calls were made until that was final. */
async function callsUntilFinal(ageSeconds: number | undefined): Promise<number> {
  const { simulation, env, clock } = await surroundingsOf('speed: 20\naws: { denied: [s3] }\n');
  const springs = openSprings({ env, clock }, () => undefined);
  onTestFinished(() => springs.close());
  const started = ageSeconds === undefined ? undefined : clock.now() - ageSeconds * 1000;
  springs.startedAt(started === undefined ? undefined : new Date(started).toISOString());
  const reading = springs.aws('eu-west-1').objects.read(address, {
    limit: 100,
    signal: new AbortController().signal,
  });
  await expect(reading).rejects.toThrow(ConfigError);
  return simulation.aws.ledger.calls.length;
}

test.each([
  ['not known', undefined],
  ['two minutes or more', 120],
])('denied access is final at once where the age of the instance is %s', async (_age, seconds) => {
  expect(await callsUntilFinal(seconds)).toBe(1);
});

test.each([
  ['young', 110],
  ['not even started by this clock, which is behind', -3600],
])('it is asked again while the instance is %s, and then final', async (_age, seconds) => {
  expect(await callsUntilFinal(seconds)).toBeGreaterThan(1);
});
