import { describe, expect, it } from 'vitest';
import { planFor } from '../../src/plan/plan-for.ts';
import { predictCalls } from '../../src/plan/predict-calls.ts';
import { identityOf, roleOf } from './fixtures.ts';

const alone = identityOf({ facts: { group_name: '' } });
const wish = { target_groups: ['shop', 'shop', arn('api')], load_balancers: ['old'], port: 8443 };

function arn(name: string) {
  return `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/0c0ffee0`;
}

describe('the registration of a node', () => {
  it('is each load balancer once, and what a drain has to leave', () => {
    const plan = planFor(roleOf({ lifecycle: { register: wish } }), alone, undefined);
    const registration = {
      targetGroups: ['shop', arn('api')],
      loadBalancers: ['old'],
      port: 8443,
      deadlineSeconds: 300,
    };
    expect([plan.registration, plan.drain.registration]).toEqual([registration, registration]);
  });

  it('is none in a group, also in one that only the lifecycle state tells of; a detached instance is in none', () => {
    const role = roleOf({ lifecycle: { register: wish } });
    const of = (identity: typeof alone) => planFor(role, identity, undefined).registration;
    expect(of(identityOf({ facts: { group_name: 'web' } }))).toBeUndefined();
    const launched = (targetLifecycleState: string) => ({
      ...alone,
      launch: { targetLifecycleState },
    });
    expect(of(launched('InService'))).toBeUndefined();
    expect(of(launched('Detached'))).toBeDefined();
    expect(planFor(roleOf({}), alone, undefined).registration).toBeUndefined();
  });

  it('is foreseen call by call; a target group that is followed as well is looked up once', () => {
    const lifecycle = { register: wish, target_groups: ['shop', 'other'] };
    const plan = planFor(roleOf({ lifecycle }), alone, undefined);
    const calls = predictCalls({ identity: alone, plan }).filter(({ service }) =>
      /^elb/.test(service),
    );
    expect(calls.map(({ operation, count }) => `${count} ${operation}`)).toEqual([
      '2 DescribeTargetGroups',
      '4 DescribeTargetHealth',
      '2 RegisterTargets',
      '2 DescribeInstanceHealth',
      '1 RegisterInstancesWithLoadBalancer',
      '1 DescribeTargetGroups',
      '1 DescribeTargetHealth',
    ]);
  });
});
