/** The instance profiles of the simulated IAM. No SDK client of IAM is among the dependencies: the wire itself. */
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { connected } from '../../aws/connected.ts';

async function ask(url: string, fields: Record<string, string>) {
  const answer = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/iam/aws4_request',
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
    },
  });
  return { status: answer.status, body: await answer.text() };
}

test('an instance profile is found by its name', async () => {
  const { services } = await connected({
    clock: systemClock,
    world: { instanceProfiles: ['shop-node'] },
  });
  const get = (name: string) =>
    ask(services.url, { Action: 'GetInstanceProfile', InstanceProfileName: name });
  const found = await get('shop-node');
  expect(found.status).toBe(200);
  expect(found.body).toContain('<Arn>arn:aws:iam::123456789012:instance-profile/shop-node</Arn>');
  const absent = await get('other');
  expect([absent.status, absent.body]).toEqual([
    404,
    expect.stringContaining('<Code>NoSuchEntity</Code>'),
  ]);
  expect((await ask(services.url, { Action: 'DeleteRole' })).body).toContain('InvalidAction');
});
