import { describe, expect, it } from 'vitest';
import { isBucketName, limitsBy } from '../../../src/simulator/services/limits.ts';
import { ServiceError } from '../../../src/simulator/services/service.ts';

function clockAt() {
  let ms = 0;
  return {
    now: () => ms,
    monotonic: () => ms,
    sleep: async () => undefined,
    to: (later: number) => {
      ms = later;
    },
  };
}

function refused(take: () => void): string {
  try {
    take();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ServiceError);
    const { status, code } = error as ServiceError;
    return `${status} ${code}`;
  }
}

describe('the API limits of an account', () => {
  it('are a bucket for each call of EC2: 100, and 20 more each second', () => {
    const clock = clockAt();
    const limits = limitsBy(clock);
    const take = () => limits.take('ec2', 'DescribeTags', '');
    for (let n = 0; n < 100; n += 1) expect(refused(take)).toBe('');
    expect(refused(take)).toBe('503 RequestLimitExceeded');
    expect(refused(() => limits.take('ec2', 'DescribeInstances', ''))).toBe('');
    clock.to(1000);
    for (let n = 0; n < 20; n += 1) expect(refused(take)).toBe('');
    expect(refused(take)).toBe('503 RequestLimitExceeded');
    expect(limits.views[0]).toMatchObject({
      tokens: 100,
      perSecond: 20,
      requests: 122,
      refused: 2,
      peak: 101,
    });
    // A bucket holds no more than it holds.
    clock.to(3_600_000);
    for (let n = 0; n < 100; n += 1) expect(refused(take)).toBe('');
    expect(refused(take)).not.toBe('');
  });

  it('are what the services say in their own words', () => {
    const small = { tokens: 1, perSecond: 1 };
    const own = {
      'elbv2:Describe*': small,
      'secretsmanager:BatchGetSecretValue': small,
      'autoscaling:*': small,
      's3:GetObject releases/shop/*': small,
    };
    const limits = limitsBy(clockAt(), own);
    const calls: readonly (readonly [string, string, string])[] = [
      ['elbv2', 'DescribeTargetHealth', 'shop'],
      ['secretsmanager', 'BatchGetSecretValue', 'a,b'],
      ['autoscaling', 'CompleteLifecycleAction', 'group/hook/i-1'],
      ['s3', 'GetObject', 'releases/shop/current'],
    ];
    for (const call of calls) expect(refused(() => limits.take(...call))).toBe('');
    expect(calls.map((call) => refused(() => limits.take(...call)))).toEqual([
      '400 ThrottlingException',
      '400 ThrottlingException',
      '400 RateExceeded',
      '503 SlowDown',
    ]);
    expect(limits.views.map(({ source }) => source)).toEqual(Array(4).fill('the scenario'));
    expect(Object.keys(own).every(isBucketName)).toBe(true);
    expect(['ec2:RunInstances', 's3', 'elbv2:DescribeTargetHealth'].filter(isBucketName)).toEqual(
      [],
    );
  });

  it('only count where nobody publishes a number, and leave other services alone', () => {
    const limits = limitsBy(clockAt());
    for (let n = 0; n < 1000; n += 1) limits.take('autoscaling', 'DescribeLifecycleHooks', 'shop');
    limits.take('iam', 'GetRole', 'x');
    expect(limits.views).toMatchObject([
      { name: 'autoscaling:*', requests: 1000, refused: 0, peak: 1000 },
    ]);
    expect(limits.views[0]?.tokens).toBeUndefined();
  });
});
