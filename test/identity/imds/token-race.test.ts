import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { ConfigError } from '../../../src/errors.ts';
import { metadataClient } from '../../../src/identity/metadata-client.ts';
import { startMetadataService } from '../../../src/simulator/metadata/metadata-service.ts';
import { bench, closeLater, instance } from '../instance.ts';
import { closedPort, rawServer } from '../servers.ts';

const id = 'meta-data/instance-id';

describe('several endpoints', () => {
  const two = async (first: string, second: Parameters<typeof startMetadataService>[0]) => {
    const service = await startMetadataService(second);
    closeLater(() => service.close());
    const metadata = metadataClient({
      endpoints: [first, service.url],
      clock: second.clock,
      tell: () => undefined,
      random: () => 0,
    });
    closeLater(() => metadata.close());
    return { service, metadata };
  };

  it('the second is asked while the first is silent, and stays the one', async () => {
    const silent = await rawServer(() => undefined);
    const { service, metadata } = await two(silent, { instance, clock: systemClock });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(await metadata.read('meta-data/ami-id')).toBe(instance.image_id);
    expect(service.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET']);
    expect(metadata.requests).toBe(4);
  });

  it('the second is asked at once where the first refuses', async () => {
    const { metadata } = await two(await closedPort(), { instance, clock: systemClock });
    expect(await metadata.read(id)).toBe(instance.instance_id);
  });

  it('the second is not asked where the first answers', async () => {
    const first = await bench();
    const { service, metadata } = await two(first.service.url, {
      instance: { ...instance, instance_id: 'i-other' },
      // The head start ends only when the race is over.
      clock: {
        ...systemClock,
        sleep: (ms, signal) => systemClock.sleep(ms === 20 ? 3_600_000 : ms, signal),
      },
    });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    expect(service.requests).toEqual([]);
  });

  it('a 403 of one does not end the race; of all, it does', async () => {
    const off = await bench({ faults: [{ on: 'imds', do: { status: 403 } }] });
    const { metadata } = await two(off.service.url, { instance, clock: systemClock });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    const both = await two(off.service.url, {
      instance,
      clock: systemClock,
      faults: [{ on: 'imds', do: { status: 403 } }],
    });
    await expect(both.metadata.read(id)).rejects.toThrow(ConfigError);
  });

  it('all are raced again when the one in use is gone', async () => {
    const first = await bench();
    const { metadata, service } = await two(first.service.url, {
      instance: { ...instance, image_id: 'ami-second' },
      clock: systemClock,
    });
    expect(await metadata.read(id)).toBe(instance.instance_id);
    const used = first.received().length > 1 ? first.service : service;
    await used.close();
    expect(await metadata.read('meta-data/ami-id')).toMatch(/^ami-/);
  });
});
