/** The instance that the identity tests run on, and a metadata service and client for it. */
import { afterEach } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Happening } from '../../src/events.ts';
import type { Metadata } from '../../src/identity/metadata.ts';
import { type MetadataClientOptions, metadataClient } from '../../src/identity/metadata-client.ts';
import type { SimulatedInstance } from '../../src/simulator/metadata/instance.ts';
import {
  type MetadataService,
  type MetadataServiceOptions,
  startMetadataService,
} from '../../src/simulator/metadata/metadata-service.ts';

export const instance: SimulatedInstance = {
  instance_id: 'i-0123456789abcdef0',
  instance_type: 'm5.2xlarge',
  architecture: 'x86_64',
  zone: 'eu-west-1a',
  region: 'eu-west-1',
  account_id: '123456789012',
  image_id: 'ami-0123456789abcdef0',
  private_ipv4: '10.0.3.7',
  tags: { Class: 'tomcat', Release: '1.10', Name: 'web 1' },
  instance_profile: 'web-node',
  group: 'web',
};

export interface Bench {
  readonly service: MetadataService;
  readonly metadata: Metadata;
  readonly events: Happening[];
  /** `GET meta-data/ami-id 200` of each request received. */
  received(): string[];
  /** `meta-data/ami-id: why` of each retry told. */
  retries(): string[];
}

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Closes something after the test. */
export function closeLater(close: () => void | Promise<void>): void {
  closers.push(close);
}

/** Pauses between retries are nothing, unless `client.random` says otherwise. */
export async function bench(
  service: Partial<MetadataServiceOptions> = {},
  client: Partial<MetadataClientOptions> = {},
): Promise<Bench> {
  const clock: Clock = service.clock ?? client.clock ?? systemClock;
  const running = await startMetadataService({ instance, clock, ...service });
  closeLater(() => running.close());
  const events: Happening[] = [];
  const metadata = metadataClient({
    endpoints: [running.url],
    clock,
    tell: (event) => events.push(event),
    random: () => 0,
    ...client,
  });
  closeLater(() => metadata.close());
  return {
    service: running,
    metadata,
    events,
    received: () => running.requests.map(({ method, key, status }) => `${method} ${key} ${status}`),
    retries: () =>
      events.flatMap((event) =>
        event.type === 'metadata-retrying' ? [`${event.key}: ${event.because}`] : [],
      ),
  };
}
