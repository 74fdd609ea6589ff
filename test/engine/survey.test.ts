import { expect, test } from 'vitest';
import { survey } from '../../src/engine/survey.ts';
import { ConfigError, StepError, UnavailableError } from '../../src/errors.ts';
import type { Staleness } from '../../src/resources/resource.ts';
import type { Step } from '../../src/resources/step.ts';
import { type Behaviour, drift, noWorld, resourcesFor, step } from './steps.ts';

const never = new AbortController().signal;
const look = (steps: readonly Step[], behaviours: Record<string, Behaviour>) =>
  survey(steps, noWorld, resourcesFor(behaviours), never);
const throwing = (error: Error): Behaviour => ({
  check: () => {
    throw error;
  },
});

test('gives the drift of every step in the order of the plan, and applies nothing', async () => {
  let applied = false;
  const drifts = await look([step('a'), step('b', ['a'])], {
    b: {
      check: () => drift(),
      apply: () => {
        applied = true;
      },
    },
  });
  expect([...drifts]).toEqual([
    ['a', undefined],
    ['b', drift()],
  ]);
  expect(applied).toBe(false);
});

test('a step is stale when, and only when, something it restarts on drifts', async () => {
  const seen: Record<string, Staleness> = {};
  const noting = (id: string): Behaviour => ({
    check: ({ stale }) => {
      seen[id] = stale;
      return stale ? drift('state', 'running', 'restarted') : undefined;
    },
  });
  await look(
    [
      step('conf'),
      step('same'),
      step('app', ['conf'], ['conf']),
      step('proxy', ['app'], ['app']),
      step('other', ['same', 'conf'], ['same']),
    ],
    {
      conf: { check: () => drift() },
      app: noting('app'),
      proxy: noting('proxy'),
      other: noting('other'),
    },
  );
  expect(seen).toEqual({ app: true, proxy: true, other: false });
});

test('a check that fails for want of what it needs is drift that is not known yet', async () => {
  const drifts = await look([step('package'), step('unit', ['package'])], {
    package: { check: () => drift() },
    unit: throwing(new StepError('systemctl: no unit app.service')),
  });
  expect(drifts.get('unit')).toEqual(
    drift('state', 'not known yet: systemctl: no unit app.service', 'known after package'),
  );
});

test('a check that fails although all it needs is there is shown as what the boot would fail at', async () => {
  const drifts = await look([step('a')], { a: throwing(new StepError('permission denied: /a')) });
  expect(drifts.get('a')).toEqual(
    drift('state', 'cannot be read: permission denied: /a', 'readable'),
  );
});

test.each([
  ['ConfigError', new ConfigError('edit')],
  ['UnavailableError', new UnavailableError('down')],
  ['a bug', new TypeError('bug')],
])('%s is thrown', async (_name, error) => {
  await expect(look([step('a'), step('b', ['a'])], { a: throwing(error) })).rejects.toBe(error);
});
