import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { ask, instance, reader, start, ttl } from './asking.ts';

describe('the token', () => {
  it.each([['0'], ['21601'], ['-1'], ['1.5'], ['soon'], ['']])(
    'is not given for %j seconds',
    async (seconds) => {
      expect((await ask(await start(), 'PUT', '/latest/api/token', ttl(seconds))).status).toBe(400);
    },
  );

  it('is given for 1 to 21600 seconds, asked by the one right path without a proxy', async () => {
    const service = await start();
    expect((await ask(service, 'PUT', '/latest/api/token')).status).toBe(400);
    expect((await ask(service, 'PUT', '/latest/api/token', ttl('1'))).status).toBe(200);
    expect((await ask(service, 'PUT', '/latest/api/token', ttl('21600'))).status).toBe(200);
    expect((await ask(service, 'PUT', '/2021-07-15/api/token', ttl('60'))).status).toBe(403);
    const forwarded = { ...ttl('60'), 'X-Forwarded-For': '10.0.0.1' };
    expect((await ask(service, 'PUT', '/latest/api/token', forwarded)).status).toBe(403);
  });

  it('is demanded of every read, and read is all one can do', async () => {
    const service = await start();
    const path = '/latest/meta-data/instance-id';
    expect((await ask(service, 'GET', path)).status).toBe(401);
    expect((await ask(service, 'HEAD', path)).status).toBe(401);
    expect(
      (await ask(service, 'GET', path, { 'X-aws-ec2-metadata-token': 'made-up' })).status,
    ).toBe(401);
    const read = await reader(service);
    expect((await read('meta-data/instance-id')).body).toBe(instance.instance_id);
    expect(await read('meta-data/instance-id', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect((await read('meta-data/instance-id', 'POST')).status).toBe(405);
    expect((await read('api/token')).status).toBe(405);
  });

  it('is good at its own instance alone', async () => {
    const [here, there] = [await start(), await start()];
    const { body } = await ask(there, 'PUT', '/latest/api/token', ttl('60'));
    const answer = await ask(here, 'GET', '/latest/meta-data/ami-id', {
      'X-aws-ec2-metadata-token': body,
    });
    expect(answer.status).toBe(401);
  });

  it('expires by the clock', async () => {
    let skipped = 0;
    const clock: Clock = { ...systemClock, now: () => 1_000_000 + skipped };
    const service = await start({ clock });
    const { body } = await ask(service, 'PUT', '/latest/api/token', ttl('60'));
    const read = () =>
      ask(service, 'GET', '/latest/meta-data/ami-id', { 'X-aws-ec2-metadata-token': body });
    skipped = 59_999;
    expect((await read()).status).toBe(200);
    skipped = 60_000;
    expect((await read()).status).toBe(401);
  });
});
