import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { fasterClock, systemClock } from '../../../src/clock.ts';
import { ConfigError, UnavailableError } from '../../../src/errors.ts';
import { metadataClient } from '../../../src/identity/metadata-client.ts';
import { bench, closeLater } from '../instance.ts';
import { closedPort, rawServer } from '../servers.ts';

const id = 'meta-data/instance-id';

describe('trouble that stays', () => {
  it('403: metadata is switched off, at once and in words', async () => {
    const off = await bench({ faults: [{ on: 'imds', do: { status: 403 } }] });
    const error = await off.metadata.read(id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(
      /switched off.*HttpEndpoint=enabled.*modify-instance-metadata-options/,
    );
    expect(off.received()).toEqual(['PUT api/token 403']);

    const later = await bench({ faults: [{ on: 'imds:meta-data/*', do: { status: 403 } }] });
    await expect(later.metadata.read(id)).rejects.toThrow(/HttpEndpoint=enabled/);
  });

  it('a hanging token request: the hop limit, at the deadline', async () => {
    const { metadata } = await bench(
      { clock: fasterClock(50), faults: [{ on: 'imds:api/token', do: 'hang' }] },
      { deadlineMs: 10_000 },
    );
    const error = await metadata.read(id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toMatch(/got none in 10 s.*HttpPutResponseHopLimit 2/);
  });

  it('one endpoint silent, the other not there: the hop limit all the same', async () => {
    const metadata = metadataClient({
      endpoints: [await rawServer(() => undefined), await closedPort()],
      clock: fasterClock(50),
      tell: () => undefined,
      deadlineMs: 10_000,
    });
    closeLater(() => metadata.close());
    const error = await metadata.read(id).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(
      /no answer from .*; .* refused the connection.*HttpPutResponseHopLimit/,
    );
  });

  it('refused to the end: says which endpoint', async () => {
    const endpoint = await closedPort();
    const metadata = metadataClient({
      endpoints: [endpoint],
      clock: fasterClock(20),
      tell: () => undefined,
      deadlineMs: 3000,
    });
    const error = await metadata.read(id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(String(error)).toContain(`${endpoint} refused the connection`);
    expect(String(error)).toContain('AWS_EC2_METADATA_SERVICE_ENDPOINT');
  });

  it('503 to the end: overloaded', async () => {
    const { metadata } = await bench(
      { faults: [{ on: 'imds:meta-data/*', do: { status: 503 } }], clock: fasterClock(20) },
      { deadlineMs: 3000, random: () => 0.99 },
    );
    await expect(metadata.read(id)).rejects.toThrow(/answered 503.*linklocal_allowance_exceeded/);
  });

  it.each([
    [
      'another status',
      (socket: net.Socket) => void socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'no token',
      (socket: net.Socket) =>
        void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi, there'),
    ],
  ])('what answers is no metadata service (%s): names the variable', async (_name, answer) => {
    const endpoint = await rawServer((socket) => socket.on('data', () => answer(socket)));
    const metadata = metadataClient({
      endpoints: [endpoint],
      clock: systemClock,
      tell: () => undefined,
    });
    closeLater(() => metadata.close());
    const error = await metadata.read(id).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(
      /is no instance metadata service.*AWS_EC2_METADATA_SERVICE_ENDPOINT/,
    );
  });

  it('what answers does not speak HTTP, or never stops: tried until the deadline', async () => {
    const gibberish = await rawServer((socket) => socket.end('220 mail ready\r\n'));
    const endless = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pour = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'x')));
      };
      socket.on('drain', pour);
      pour();
    });
    const failures: string[] = [];
    for (const endpoint of [gibberish, endless]) {
      const metadata = metadataClient({
        endpoints: [endpoint],
        clock: systemClock,
        tell: () => undefined,
        deadlineMs: 3000,
      });
      failures.push(String(await metadata.read(id).catch((thrown: unknown) => thrown)));
      metadata.close();
    }
    expect(failures[0]).toMatch(/did not answer in HTTP/);
    expect(failures[1]).toMatch(/sent more than 1048576 bytes/);
  });
});
