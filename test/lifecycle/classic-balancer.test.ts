import { describe, expect, it } from 'vitest';
import type { ClassicBalancing, ClassicStanding } from '../../src/aws/aws.ts';
import { classicBalancer } from '../../src/lifecycle/classic-balancer.ts';

const signal = new AbortController().signal;
const check = { protocol: 'TCP', port: 25, timeoutSeconds: 5, intervalSeconds: 30 };

function balancerOf(standing: Partial<ClassicStanding>, healthCheck = async () => check) {
  const classic: ClassicBalancing = {
    standing: async () => ({
      state: 'OutOfService',
      code: 'Instance',
      description: 'N/A',
      membership: 'registered',
      ...standing,
    }),
    healthCheck,
    register: async () => undefined,
    deregister: async () => undefined,
  };
  return classicBalancer('old', 'i-0', classic, async () => 'connected');
}

async function told(standing: Partial<ClassicStanding>, healthCheck?: () => Promise<typeof check>) {
  const balancer = balancerOf(standing, healthCheck);
  const seen = await balancer.look(signal);
  return { ...seen, because: await balancer.because(seen, signal) };
}

describe('what a classic load balancer says of an instance', () => {
  it.each([
    ['Instance is not currently registered with the LoadBalancer.', 'unused', 'lifecycle.register'],
    ['Instance deregistration currently in progress.', 'draining', 'taken out'],
    ['Instance registration is still in progress.', 'initial', 'being registered'],
    [
      'Instance is in the EC2 Availability Zone for which LoadBalancer is not configured to route traffic to.',
      'unused',
      'zone of this node is not enabled',
    ],
    ['Disable Availability Zone is currently in progress.', 'unused', 'being taken out'],
    [
      'Instance has not passed the configured HealthyThreshold number of health checks consecutively.',
      'initial',
      'as many good checks',
    ],
    [
      'Instance has failed at least the UnhealthyThreshold number of health checks consecutively.',
      'unhealthy',
      'It asks for a connection to port 25 by TCP, within 5 s, every 30 s. The node itself, asked the same: connected.',
    ],
    ['A transient error occurred. Please try again later.', 'unavailable', 'not this node'],
    ['Instance is in pending state.', 'unused', 'pending'],
    ['Instance is in stopped state.', 'unused', 'stopped'],
    ['Instance is in terminated state.', 'unused', 'terminated'],
    ['Something new.', 'unhealthy', 'Something new.'],
  ])('%s', async (description, state, words) => {
    expect(await told({ description })).toMatchObject({
      state,
      reason: 'OutOfService (Instance)',
      because: expect.stringContaining(words),
    });
  });

  it('is healthy where it is in service, and registered until it leaves', async () => {
    const fine = { state: 'InService', code: 'N/A' };
    expect(await told(fine)).toEqual({
      state: 'healthy',
      registered: true,
      description: 'N/A',
      because: 'its health checks succeed',
    });
    expect((await told({ ...fine, membership: 'leaving' })).registered).toBe(false);
  });

  it('does without the health check where it may not be described', async () => {
    const description = 'Instance has failed at least the UnhealthyThreshold number of checks.';
    const denied = async () => Promise.reject(new Error('denied'));
    expect((await told({ description }, denied)).because).toMatch(
      /security group .* let the load balancer in\.$/,
    );
  });
});
