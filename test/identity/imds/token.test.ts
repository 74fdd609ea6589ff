import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { metadataClient } from '../../../src/identity/metadata-client.ts';
import { bench, closeLater, instance } from '../instance.ts';
import { rawServer } from '../servers.ts';
import { steppableClock } from '../steppable-clock.ts';

const id = 'meta-data/instance-id';

describe('the token', () => {
  it('is renewed before it expires', async () => {
    const clock = steppableClock();
    const { metadata, received } = await bench({ clock });
    await metadata.read('meta-data/ami-id');
    clock.skip(21_600_000 * 0.8);
    await metadata.read(id);
    clock.skip(21_600_000 * 0.15);
    await metadata.read('meta-data/instance-type');
    expect(received()).toEqual([
      'PUT api/token 200',
      'GET meta-data/ami-id 200',
      'GET meta-data/instance-id 200',
      'PUT api/token 200',
      'GET meta-data/instance-type 200',
    ]);
  });

  it('is taken anew after each 401, for as long as that goes on', async () => {
    const { metadata, received, retries } = await bench({
      faults: [{ on: 'imds:meta-data/*', do: { status: 401 }, times: 10 }],
    });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(received().filter((line) => line === 'PUT api/token 200')).toHaveLength(11);
    expect(retries()).toHaveLength(10);
  });

  it('is taken once for all reads that find it rejected together', async () => {
    const { metadata, received } = await bench({
      faults: [{ on: 'imds:meta-data/*', do: { status: 401 }, times: 3 }],
    });
    await Promise.all([
      metadata.read(id),
      metadata.read('meta-data/ami-id'),
      metadata.read('meta-data/ipv6'),
    ]);
    expect(received().filter((line) => line.startsWith('PUT'))).toHaveLength(2);
  });

  it('is in no event and no error', async () => {
    const { metadata, service, events } = await bench(
      { faults: [{ on: 'imds:meta-data/*', do: { status: 500 } }] },
      { deadlineMs: 3000, random: () => 0.9 },
    );
    let token = '';
    const spy = metadataClient({
      endpoints: [
        await rawServer((socket) => {
          const back = net.connect(Number(new URL(service.url).port), '127.0.0.1');
          back.on('error', () => undefined);
          socket.on('data', (bytes) => {
            token ||= /ec2-metadata-token: (\S+)/.exec(bytes.toString())?.[1] ?? '';
          });
          socket.pipe(back).pipe(socket);
        }),
      ],
      clock: systemClock,
      tell: (event) => events.push(event),
      random: () => 0.9,
      deadlineMs: 3000,
    });
    closeLater(() => spy.close());
    const errors = [
      await metadata.read(id).catch((error: Error) => error),
      await spy.read(id).catch((error: Error) => error),
    ];
    expect(token.length).toBeGreaterThan(20);
    const said = JSON.stringify(events) + errors.map((error) => (error as Error).stack).join();
    expect(said).not.toContain(token);
  });
});
