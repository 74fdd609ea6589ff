import { expect, onTestFinished, test } from 'vitest';
import { fasterClock } from '../../src/clock.ts';
import { openAhead, openSprings } from '../../src/commands/springs.ts';
import type { Happening } from '../../src/events.ts';
import { keys } from '../../src/identity/keys.ts';
import { surroundingsOf } from './trial-boot.ts';

test('what was asked ahead is told to whoever comes, and is not asked again', async () => {
  const { env } = await surroundingsOf('');
  // So slow that looking ahead waits for the answers, on any machine.
  const clock = fasterClock(0.001);
  const ahead = openAhead({ env, clock });
  await ahead.lookAhead();
  const told: Happening[] = [];
  const springs = openSprings({ env, clock, ahead }, (happening) => told.push(happening));
  onTestFinished(() => springs.close());
  await springs.lookAhead();
  const answered = () => told.filter(({ type }) => type === 'metadata-answered').length;
  const soFar = answered();
  expect(soFar).toBeGreaterThan(3);
  expect(await springs.metadata.read(keys.document)).toContain('instanceId');
  expect(answered()).toBe(soFar);
  await springs.metadata.read('meta-data/ami-id');
  expect(answered()).toBe(soFar + 1);
});
