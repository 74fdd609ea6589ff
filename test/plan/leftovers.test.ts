import { expect, test } from 'vitest';
import { withLeftovers } from '../../src/plan/leftovers.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { ServiceStep, Step } from '../../src/resources/step.ts';

const service: ServiceStep = {
  kind: 'service',
  id: 'service:new',
  needs: ['a'],
  from: 'services.new',
  unit: 'new.service',
  enable: false,
  state: 'started',
  credentials: {},
  timeoutSeconds: 90,
};
const other: Step = {
  kind: 'hostname',
  id: 'hostname',
  needs: [],
  from: 'hostname',
  hostname: 'x',
};
const plan = { digest: 'd', steps: [other, service] } as unknown as Plan;

test('units of an earlier plan are stopped and disabled first, and services wait for that', () => {
  const { digest, steps } = withLeftovers(plan, ['old.service', 'old.timer']);
  expect(digest).toBe('d');
  expect(steps).toMatchObject([
    { id: 'service:old', unit: 'old.service', state: 'stopped', enable: false, needs: [] },
    { id: 'service:old.timer', unit: 'old.timer' },
    other,
    { id: 'service:new', needs: ['a', 'service:old', 'service:old.timer'] },
  ]);
});

test('without any, the plan is the very same', () => {
  expect(withLeftovers(plan, [])).toBe(plan);
});
