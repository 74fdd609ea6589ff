import { execFile } from 'node:child_process';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fasterClock, systemClock } from '../../src/clock.ts';
import { metadataClient } from '../../src/identity/metadata-client.ts';
import { bench, closeLater, instance } from './instance.ts';
import { closedPort, rawServer } from './servers.ts';

const id = 'meta-data/instance-id';

describe('reading', () => {
  it('asks for one token, sends it along, and tells every answer', async () => {
    const { metadata, received, events } = await bench();
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(await metadata.read('meta-data/public-ipv4')).toBeUndefined();
    expect(received()).toEqual([
      'PUT api/token 200',
      'GET meta-data/instance-id 200',
      'GET meta-data/public-ipv4 404',
    ]);
    expect(metadata.requests).toBe(3);
    expect(events).toEqual([
      { type: 'metadata-answered', key: 'api/token', status: 200, ms: expect.any(Number) },
      { type: 'metadata-answered', key: id, status: 200, ms: expect.any(Number) },
      {
        type: 'metadata-answered',
        key: 'meta-data/public-ipv4',
        status: 404,
        ms: expect.any(Number),
      },
    ]);
  });

  it('answers a second read from memory, absence included, and shares a read under way', async () => {
    const { metadata, received } = await bench({ userData: Buffer.from([0, 255, 31]) });
    const [a, b] = await Promise.all([
      metadata.readBytes('user-data'),
      metadata.readBytes('user-data'),
    ]);
    expect(a).toEqual(Buffer.from([0, 255, 31]));
    expect(b).toEqual(a);
    await metadata.readBytes('user-data');
    await metadata.read('meta-data/ipv6');
    await metadata.read('meta-data/ipv6');
    expect(received()).toEqual([
      'PUT api/token 200',
      'GET user-data 200',
      'GET meta-data/ipv6 404',
    ]);
  });

  it('asks again for what may come until it comes', async () => {
    const { metadata, service } = await bench();
    const notice = 'meta-data/spot/instance-action';
    expect(await metadata.read(notice)).toBeUndefined();
    service.set(notice, '{"action":"stop"}');
    expect(await metadata.read(notice)).toBe('{"action":"stop"}');
  });

  it('asks again for what is not there yet but must come', async () => {
    const { metadata, service, retries } = await bench();
    const key = 'dynamic/instance-identity/document';
    service.set(key, undefined);
    const reading = metadata.read(key);
    while (retries().length === 0) await systemClock.sleep(1);
    service.set(key, '{"late":true}');
    expect(await reading).toBe('{"late":true}');
    expect(retries()[0]).toMatch(/answered 404: not there yet$/);
  });

  it('gives up on what is not there yet when its patience ends', async () => {
    const { instance_profile: _profile, ...bare } = instance;
    const { metadata, service } = await bench(
      { instance: bare, clock: fasterClock(100) },
      { random: () => 0.99 },
    );
    expect(await metadata.read('meta-data/iam/security-credentials/')).toBeUndefined();
    expect(service.requests.length).toBeGreaterThan(3);
  });

  it('gets tag names with colons, = and @, and values with any characters', async () => {
    const value = 'é / "x" %41 + \n\t#?';
    const tags = { 'cost:centre=1@x+y,z': value, ünïcode: 'also', 'per%cent': '%' };
    const { metadata, received } = await bench({ instance: { ...instance, tags } });
    for (const [name, wanted] of Object.entries(tags)) {
      expect(await metadata.read(`meta-data/tags/instance/${name}`)).toBe(wanted);
    }
    expect(await metadata.read('meta-data/tags/instance/aws:autoscaling:groupName')).toBe('web');
    expect(received()).toHaveLength(5);
  });

  it('sends the colons of a tag name as they are', async () => {
    const paths: string[] = [];
    const server = http.createServer((request, response) => {
      paths.push(request.url ?? '');
      response.end('token');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closeLater(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const metadata = metadataClient({
      endpoints: [url],
      clock: systemClock,
      tell: () => undefined,
    });
    await metadata.read('meta-data/tags/instance/a:b=c@d+e,f g');
    metadata.close();
    expect(paths[1]).toBe('/latest/meta-data/tags/instance/a:b=c@d+e,f%20g');
  });

  it('uses few connections, and keeps them', async () => {
    const { metadata, service } = await bench();
    const url = new URL(service.url);
    let connections = 0;
    const front = await rawServer((socket) => {
      connections += 1;
      const back = net.connect(Number(url.port), '127.0.0.1');
      back.on('error', () => undefined);
      socket.pipe(back).pipe(socket);
    });
    const through = metadataClient({
      endpoints: [front],
      clock: systemClock,
      tell: () => undefined,
    });
    closeLater(() => through.close());
    const keys = [
      'ami-id',
      'instance-id',
      'instance-type',
      'local-ipv4',
      'hostname',
      'placement/',
      'ipv6',
      'tags/',
    ];
    await Promise.all(keys.map((key) => through.read(`meta-data/${key}`)));
    expect(connections).toBeLessThanOrEqual(4);
    expect(metadata.requests).toBe(0);
  });
});

describe('giving up', () => {
  it('ends with the reason of the signal, and lets the others go on', async () => {
    const { metadata } = await bench({
      faults: [{ on: 'imds:meta-data/*', do: { delay_ms: 50 } }],
    });
    const first = new AbortController();
    const reading = metadata.read(id, first.signal);
    const other = metadata.read(id);
    first.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(await other).toBe(instance.instance_id);
    await expect(metadata.read(id, first.signal)).rejects.toThrow('enough');
  });

  it('ends the request when nobody waits for it any more', async () => {
    const { metadata, service, received } = await bench({
      faults: [{ on: 'imds:meta-data/*', do: 'hang', times: 1 }],
    });
    const given = new AbortController();
    const reading = metadata.read(id, given.signal);
    while (service.requests.length < 2) await systemClock.sleep(1);
    given.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(received()).toHaveLength(3);
  });

  it('ends every read when closed, under way or later', async () => {
    const { metadata } = await bench({ faults: [{ on: 'imds', do: 'hang' }] });
    const reading = metadata.read(id);
    metadata.close();
    await expect(reading).rejects.toThrow('the metadata client is closed');
    await expect(metadata.read('meta-data/ami-id')).rejects.toThrow(
      'the metadata client is closed',
    );
  });
});

const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = net.createServer();
  server.once('error', () => resolve(false));
  server.listen(0, '::1', () => server.close(() => resolve(true)));
});

it.skipIf(!hasIpv6)('reads over IPv6, brackets and all', async () => {
  const { metadata, service } = await bench({ host: '::1' });
  expect(service.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect(await metadata.read(id)).toBe(instance.instance_id);
});

it('never goes through a proxy', async () => {
  const { service } = await bench();
  const proxy = await closedPort();
  const script = `
    import { metadataClient, metadataEndpoints } from './src/identity/metadata-client.ts';
    import { systemClock } from './src/clock.ts';
    const metadata = metadataClient({ endpoints: metadataEndpoints(process.env), clock: systemClock, tell: () => undefined, deadlineMs: 5000 });
    process.stdout.write((await metadata.read('${id}')) ?? '');
    metadata.close();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module-typescript', '-e', script],
    {
      env: {
        NODE_USE_ENV_PROXY: '1',
        NODE_NO_WARNINGS: '1',
        HTTP_PROXY: proxy,
        http_proxy: proxy,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: `${service.url}/`,
      },
    },
  );
  expect(stdout).toBe(instance.instance_id);
});
