import { describe, expect, test } from 'vitest';
import { ConfigError, UnavailableError } from '../../src/errors.ts';
import type { Fault } from '../../src/simulator/fault.ts';
import { connected, instanceId, rejection } from './connected.ts';

const denied = (on: string, times?: number): Fault => ({
  on,
  do: { status: 403, code: 'AccessDenied', message: 'not authorized' },
  ...(times !== undefined && { times }),
});
const young = { roleMayBeNew: () => true };
const hook = { group: 'web', hook: 'launch-hook', instanceId };

describe('while the role may be new, denied access', () => {
  test('is asked again until it passes', async () => {
    const { aws, ledger } = await connected({
      faults: [denied('s3:GetObject', 2), denied('autoscaling:DescribeLifecycleHooks', 2)],
      connect: young,
    });
    const address = { bucket: 'acme-releases', key: 'shop/current' };
    expect((await aws.objects.read(address, { limit: 100 })).bytes.toString()).toBe('2.4.1\n');
    expect(await aws.autoScaling.describeHooks('web')).toHaveLength(2);
    expect(ledger.calls).toHaveLength(6);
  });

  test('is told as something that may pass, with the permission', async () => {
    const { aws } = await connected({ faults: [denied('*')], connect: young });
    const error = await rejection(aws.autoScaling.complete(hook, 'CONTINUE'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toMatch(/must be allowed autoscaling:Complete.*\n.*a new role/s);
    expect(await rejection(aws.secrets.read([{ from: 'prod/shop/db' }]))).toBeInstanceOf(
      UnavailableError,
    );
  });

  test('holds up nothing that can be done without: tags, the state of the instance', async () => {
    const faults = [denied('ec2:DescribeTags'), denied('autoscaling:DescribeAutoScalingInstances')];
    const { aws, ledger } = await connected({ faults, connect: young });
    expect(await rejection(aws.tags.describe(instanceId))).toBeInstanceOf(ConfigError);
    const instance = aws.autoScaling.describeInstance(instanceId);
    expect(await rejection(instance)).toBeInstanceOf(ConfigError);
    expect(ledger.calls).toHaveLength(2);
  });
});

test('later on denied access is final', async () => {
  const { aws, ledger } = await connected({
    faults: [denied('*')],
    connect: { roleMayBeNew: () => false },
  });
  expect(await rejection(aws.autoScaling.describeHooks('web'))).toBeInstanceOf(ConfigError);
  expect(ledger.calls).toHaveLength(1);
});
