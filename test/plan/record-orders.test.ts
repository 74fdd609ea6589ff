import { expect, test } from 'vitest';
import { recordKey, recordOrders } from '../../src/plan/record-orders.ts';

const of = {
  class: 'tomcat',
  group: 'shop/blue green',
  instanceId: 'i-0abc',
  bootId: 'b-1',
  startedAt: '2026-03-04T05:06:07.890Z',
};

const crashLoop = { failures: 4, pauseSeconds: 120 };

test.each([
  ['s3://acme-logs', ''],
  ['s3://acme-logs/', ''],
  ['s3://acme-logs/boots', 'boots/'],
  ['s3://acme-logs/a/b/', 'a/b/'],
])('%s: the folders of the records lie below "%s"', (to, prefix) => {
  const orders = recordOrders({ to }, undefined);
  expect(orders).toEqual({ bucket: 'acme-logs', prefix, when: 'failure', crashLoop });
});

test('the role says otherwise key by key; without a bucket nothing goes anywhere', () => {
  const agent = { to: 's3://acme-logs/agent', when: 'always', kms_key: 'alias/logs' } as const;
  expect(recordOrders({ when: 'failure' }, agent)).toEqual({
    bucket: 'acme-logs',
    prefix: 'agent/',
    when: 'failure',
    kmsKey: 'alias/logs',
    crashLoop,
  });
  expect(recordOrders({ to: 's3://other' }, agent)).toMatchObject({ bucket: 'other', prefix: '' });
  expect(recordOrders({ when: 'always' }, undefined)).toBeUndefined();
  expect(recordOrders(undefined, undefined)).toBeUndefined();
});

test('a key sorts by time within class, group and day, and tells the runs of one boot apart', () => {
  const orders = { bucket: 'b', prefix: 'p/', when: 'failure' } as const;
  expect(recordKey(orders, of)).toBe('p/tomcat/shop_blue_green/2026-03-04/050607-i-0abc-b-1.json');
  const again = { ...of, startedAt: '2026-03-04T05:06:19.000Z' };
  expect(recordKey(orders, again)).not.toBe(recordKey(orders, of));
  const early = { ...of, class: undefined, group: '' };
  expect(recordKey(orders, early)).toContain('p/-no-class-/-no-group-/2026-03-04/');
});
