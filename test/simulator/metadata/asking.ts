/** A simulated metadata service, and plain HTTP requests to it. */
import http from 'node:http';
import { afterEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { SimulatedInstance } from '../../../src/simulator/metadata/instance.ts';
import {
  type MetadataService,
  type MetadataServiceOptions,
  startMetadataService,
} from '../../../src/simulator/metadata/metadata-service.ts';

export const instance: SimulatedInstance = {
  instance_id: 'i-0123456789abcdef0',
  instance_type: 'm5.large',
  architecture: 'x86_64',
  zone: 'eu-west-1a',
  region: 'eu-west-1',
  account_id: '123456789012',
  image_id: 'ami-0123456789abcdef0',
  private_ipv4: '10.0.3.7',
  tags: { Class: 'tomcat', 'cost:centre=1@x': 'é, "quoted" / 100 %\nsecond line' },
  instance_profile: 'web-node',
  group: 'web',
};

const running: MetadataService[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.close();
});

export async function start(
  options: Partial<MetadataServiceOptions> = {},
): Promise<MetadataService> {
  const service = await startMetadataService({ instance, clock: systemClock, ...options });
  running.push(service);
  return service;
}

export function ask(
  service: MetadataService,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, service.url), { method, headers, agent: false });
    request.on('error', reject);
    request.on('response', async (response) => {
      const pieces: Buffer[] = [];
      for await (const piece of response) pieces.push(piece);
      resolve({
        status: response.statusCode ?? 0,
        type: response.headers['content-type'],
        body: Buffer.concat(pieces).toString(),
      });
    });
    request.end();
  });
}

export const ttl = (seconds: string) => ({ 'X-aws-ec2-metadata-token-ttl-seconds': seconds });

export async function reader(service: MetadataService) {
  const { body: token } = await ask(service, 'PUT', '/latest/api/token', ttl('21600'));
  return (key: string, method = 'GET') =>
    ask(service, method, `/latest/${key}`, { 'X-aws-ec2-metadata-token': token });
}
