import { describe, expect, it } from 'vitest';
import { reasonInWords } from '../../src/lifecycle/target-reasons.ts';

const check = {
  protocol: 'HTTP',
  path: '/health',
  codes: '200',
  timeoutSeconds: 5,
  intervalSeconds: 30,
};

describe('the reasons of a load balancer', () => {
  it.each([
    ['initial', 'Elb.RegistrationInProgress', 'being registered'],
    ['initial', 'Elb.InitialHealthChecking', 'one success is enough'],
    ['unhealthy', 'Target.ResponseCodeMismatch', 'not with a code'],
    ['unhealthy', 'Target.Timeout', 'security group'],
    ['unhealthy', 'Target.FailedHealthChecks', 'nothing listens'],
    ['unused', 'Target.NotRegistered', 'does not know this node'],
    ['unused', 'Target.NotInUse', 'no listener forwards'],
    ['unused', 'Target.InvalidState', 'stopped or terminated'],
    ['unused', 'Target.IpUnusable', 'cannot be a target'],
    ['draining', 'Target.DeregistrationInProgress', 'taken out'],
    ['unavailable', 'Target.HealthCheckDisabled', 'health checks are off'],
    ['unavailable', 'Elb.InternalError', 'not this node'],
    ['initial', undefined, 'one success'],
    ['unhealthy', undefined, 'fail'],
    ['unhealthy.draining', undefined, 'being ended'],
    ['unused', undefined, 'no traffic'],
    ['draining', undefined, 'taken out'],
    ['unavailable', undefined, 'off'],
    ['healthy', undefined, 'succeed'],
    ['puzzled', 'Target.Puzzling', 'puzzled, Target.Puzzling: not known'],
  ])('%s %s', (state, reason, words) => {
    expect(reasonInWords({ state, ...(reason && { reason }) })).toContain(words);
  });

  it('say what is asked for, and what the node itself answers', () => {
    const mismatch = { state: 'unhealthy', reason: 'Target.ResponseCodeMismatch' };
    expect(reasonInWords(mismatch, { check, local: 'answered 404, wanted 200' })).toMatch(
      /It asks for \/health on the port of the target by HTTP, wants 200, within 5 s, every 30 s\. The node itself, asked the same: answered 404, wanted 200\.$/,
    );
    const { path: _, codes: __, ...bare } = check;
    const tcp = { ...bare, protocol: 'TCP', port: 81 };
    expect(reasonInWords(mismatch, { check: tcp })).toContain(
      'It asks for a connection to port 81 by TCP, within',
    );
    expect(reasonInWords({ state: 'draining' }, { check, local: 'x' })).not.toContain('asks');
  });
});
