import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { ask, instance, reader, start, ttl } from './asking.ts';

describe('what is there', () => {
  it('lists directories with and without a slash behind, one item a line', async () => {
    const read = await reader(await start({ userData: Buffer.from('x') }));
    expect((await read('')).body).toBe('dynamic/\nmeta-data/\nuser-data');
    expect((await read('meta-data/placement/')).body).toBe('availability-zone\nregion');
    expect((await read('meta-data/placement')).body).toBe('availability-zone\nregion');
    expect((await read('meta-data/')).body.split('\n')).toContain('placement/');
    expect((await read('meta-data/tags/instance')).body.split('\n')).toEqual([
      'Class',
      'aws:autoscaling:groupName',
      'cost:centre=1@x',
    ]);
  });

  it('answers 404 where nothing is, and to what is not below /latest/', async () => {
    const service = await start();
    const read = await reader(service);
    for (const key of [
      'user-data',
      'meta-data/public-ipv4',
      'meta-data/instance-id/',
      'meta-data/spot/instance-action',
      'nowhere',
    ]) {
      expect(await read(key), key).toMatchObject({ status: 404, type: 'text/html' });
    }
    const { body: token } = await ask(service, 'PUT', '/latest/api/token', ttl('60'));
    const old = await ask(service, 'GET', '/1.0/meta-data/ami-id', {
      'X-aws-ec2-metadata-token': token,
    });
    expect(old.status).toBe(404);
    expect((await read('%E0%A4%A')).status).toBe(404);
  });

  it('gives values as text, user data as the bytes they are', async () => {
    const userData = Buffer.from([0x1f, 0x8b, 0, 255, 10]);
    const service = await start({ userData });
    const read = await reader(service);
    expect(await read('meta-data/instance-type')).toEqual({
      status: 200,
      type: 'text/plain',
      body: 'm5.large',
    });
    expect(await read('user-data')).toMatchObject({ type: 'application/octet-stream' });
    expect((await read('meta-data/local-hostname')).body).toBe(
      'ip-10-0-3-7.eu-west-1.compute.internal',
    );
    expect((await read('meta-data/instance-life-cycle')).body).toBe('on-demand');
    expect((await read('meta-data/autoscaling/target-lifecycle-state')).body).toBe('InService');
    expect(JSON.parse((await read('dynamic/instance-identity/document')).body)).toMatchObject({
      instanceId: instance.instance_id,
      privateIp: '10.0.3.7',
      accountId: '123456789012',
      availabilityZone: 'eu-west-1a',
    });
  });

  it('gives the host name of us-east-1 its own domain', async () => {
    const read = await reader(await start({ instance: { ...instance, region: 'us-east-1' } }));
    expect((await read('meta-data/local-hostname')).body).toBe('ip-10-0-3-7.ec2.internal');
  });

  it('shows tags with any value, or none at all where they are switched off', async () => {
    const read = await reader(await start());
    const tricky = await read(`meta-data/tags/instance/${encodeURIComponent('cost:centre=1@x')}`);
    expect(tricky.body).toBe(instance.tags?.['cost:centre=1@x']);
    expect((await read('meta-data/tags/instance/cost:centre=1@x')).body).toBe(tricky.body);
    expect((await read('meta-data/tags/instance/class')).status).toBe(404);

    const hidden = await reader(
      await start({ instance: { ...instance, tags_in_metadata: false } }),
    );
    expect((await hidden('meta-data/tags/instance')).status).toBe(404);

    const { tags: _tags, group: _group, ...untagged } = instance;
    const none = await reader(await start({ instance: untagged }));
    expect(await none('meta-data/tags/instance')).toMatchObject({ status: 200, body: '' });
  });

  it('hands out credentials of the instance profile, where there is one', async () => {
    const service = await start();
    const read = await reader(service);
    expect((await read('meta-data/iam/security-credentials/')).body).toBe('web-node');
    const document = JSON.parse((await read('meta-data/iam/security-credentials/web-node')).body);
    expect(document).toMatchObject({
      Code: 'Success',
      AccessKeyId: service.credentials.accessKeyId,
      SecretAccessKey: service.credentials.secretAccessKey,
      Token: service.credentials.sessionToken,
    });
    expect(Date.parse(document.Expiration)).toBeGreaterThan(systemClock.now());
    const { instance_profile: _profile, ...bare } = instance;
    const none = await reader(await start({ instance: bare }));
    expect((await none('meta-data/iam/security-credentials/')).status).toBe(404);
  });

  it('changes while it runs', async () => {
    const service = await start();
    const read = await reader(service);
    const notice = '{"action":"terminate","time":"2026-01-01T00:02:00Z"}';
    service.set('meta-data/spot/instance-action', notice);
    expect((await read('meta-data/spot/instance-action')).body).toBe(notice);
    service.set('meta-data/spot/instance-action', undefined);
    expect((await read('meta-data/spot/instance-action')).status).toBe(404);
  });
});

it('writes every request down, with what it answered', async () => {
  const service = await start({ faults: [{ on: 'imds:meta-data/ami-id', do: { status: 503 } }] });
  const read = await reader(service);
  expect((await read('meta-data/ami-id')).status).toBe(503);
  await read('meta-data/tags/instance/aws:autoscaling:groupName');
  expect(service.requests.map(({ method, key, status }) => [method, key, status])).toEqual([
    ['PUT', 'api/token', 200],
    ['GET', 'meta-data/ami-id', 503],
    ['GET', 'meta-data/tags/instance/aws:autoscaling:groupName', 200],
  ]);
});

it('refuses connections until it starts, on the port it told from the beginning', async () => {
  let pass: () => void = () => undefined;
  const later = new Promise<void>((resolve) => {
    pass = resolve;
  });
  const service = await start({
    clock: { ...systemClock, sleep: () => later },
    startsAfterMs: 20_000,
  });
  const asked = () => ask(service, 'PUT', '/latest/api/token', ttl('60'));
  await expect(asked()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  pass();
  let status = 0;
  while (status === 0) {
    status = await asked().then(
      (answer) => answer.status,
      () => 0,
    );
  }
  expect(status).toBe(200);
});

it('closes before it ever started', async () => {
  const service = await start({ startsAfterMs: 3_600_000 });
  await service.close();
  await expect(ask(service, 'GET', '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
