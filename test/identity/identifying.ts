/** Reading the identity of the instance of these tests. */
import { type ReadIdentityOptions, readIdentity } from '../../src/identity/read-identity.ts';
import type { MetadataServiceOptions } from '../../src/simulator/metadata/metadata-service.ts';
import { type Bench, bench } from './instance.ts';

const hardware = { vcpus: 8, memoryMib: 31_600, architecture: 'x86_64', bootId: 'b' } as const;

export async function read(
  service: Partial<MetadataServiceOptions> = {},
  options: Partial<ReadIdentityOptions> = {},
) {
  const started = await bench(service, { deadlineMs: 3000 });
  return { ...started, identity: await identify(started, options) };
}

export function identify({ metadata, events }: Bench, options: Partial<ReadIdentityOptions> = {}) {
  return readIdentity(metadata, { hardware, tell: (event) => events.push(event), ...options });
}
