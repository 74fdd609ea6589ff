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
    expect((await read('%E0%A4%A')).status).toBe(404);
  });

  it('answers below the versions that there are, and lists them', async () => {
    const service = await start();
    const { body: token } = await ask(service, 'PUT', '/latest/api/token', ttl('60'));
    const get = (path: string) => ask(service, 'GET', path, { 'X-aws-ec2-metadata-token': token });
    const versions = (await get('/')).body.split('\n');
    expect(versions).toEqual(expect.arrayContaining(['1.0', '2009-04-04', '2021-03-23', 'latest']));
    for (const version of versions)
      expect((await get(`/${version}/meta-data/ami-id`)).body).toBe(instance.image_id);
    expect((await get('/2021-03-23')).body).toBe('dynamic/\nmeta-data/');
    expect((await get('/2022-02-22/meta-data/ami-id')).status).toBe(404);
    expect((await get('/meta-data/ami-id')).status).toBe(404);
    expect(service.requests.at(-3)?.key).toBe('');
    expect((await ask(service, 'GET', '/')).status).toBe(401);
  });

  it('has what cloud-init reads: the interface by its hardware address, the key pair, the partition', async () => {
    const key_pair = { name: 'ops', public_key: 'ssh-ed25519 AAAA ops' };
    const read = await reader(await start({ instance: { ...instance, key_pair } }));
    const { body: mac } = await read('meta-data/mac');
    expect((await read('meta-data/network/interfaces/macs/')).body).toBe(`${mac}/`);
    const card = async (key: string) =>
      (await read(`meta-data/network/interfaces/macs/${mac}/${key}`)).body;
    expect(mac).toBe('02:00:0a:00:03:07');
    expect(await card('local-ipv4s')).toBe('10.0.3.7');
    expect(await card('subnet-ipv4-cidr-block')).toBe('10.0.3.0/24');
    expect(await card('vpc-id')).toMatch(/^vpc-[0-9a-f]{17}$/);
    expect((await read('meta-data/')).body.split('\n')).toContain('public-keys/');
    expect((await read('meta-data/public-keys/')).body).toBe('0=ops');
    expect((await read('meta-data/public-keys')).body).toBe('0=ops');
    expect((await read('meta-data/public-keys/0/')).body).toBe('openssh-key');
    expect((await read('meta-data/public-keys/0/openssh-key')).body).toBe(key_pair.public_key);
    expect((await read('meta-data/services/partition')).body).toBe('aws');

    const elsewhere = { ...instance, region: 'cn-north-1', mac: '0a:0b:0c:0d:0e:0f' };
    const china = await reader(await start({ instance: elsewhere }));
    expect((await china('meta-data/services/domain')).body).toBe('amazonaws.com.cn');
    expect((await china('meta-data/mac')).body).toBe('0a:0b:0c:0d:0e:0f');
    expect((await china('meta-data/public-keys/')).status).toBe(404);
    const gov = await reader(await start({ instance: { ...instance, region: 'us-gov-west-1' } }));
    expect((await gov('meta-data/services/partition')).body).toBe('aws-us-gov');
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

it('version 1 is answered where tokens are optional, and a bad token is refused all the same', async () => {
  const service = await start({ instance: { ...instance, metadata_tokens: 'optional' } });
  const key = '/latest/meta-data/instance-id';
  expect(await ask(service, 'GET', key)).toMatchObject({ status: 200, body: instance.instance_id });
  const bad = await ask(service, 'GET', key, { 'x-aws-ec2-metadata-token': 'nonsense' });
  expect(bad.status).toBe(401);
});
