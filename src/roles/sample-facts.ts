/** Sample instances: facts to try roles with where there is no instance. */
import type { Facts } from '../identity/identity.ts';
import type { Peer } from '../peers/peer.ts';

/** A small and a big instance of either architecture: what scales with memory and vCPUs is tried at both ends. */
export const sampleInstances: readonly Facts[] = [
  sample('t3', 'nano', 'x86_64', 2, 440),
  sample('t4g', 'nano', 'arm64', 2, 420),
  sample('m5', '24xlarge', 'x86_64', 96, 385_000),
  sample('c7g', '16xlarge', 'arm64', 64, 126_000),
];

/** The peers of each: a template that lists them is tried with some. */
export const samplePeers: readonly Peer[] = [
  { instance_id: 'i-0123456789abcdef1', private_ipv4: '10.0.0.11', zone: 'eu-west-1b' },
  { instance_id: 'i-0123456789abcdef2', private_ipv4: '10.0.0.12', zone: 'eu-west-1c' },
];

function sample(
  family: string,
  size: string,
  architecture: Facts['architecture'],
  vcpus: number,
  memory: number,
): Facts {
  return {
    instance_id: 'i-0123456789abcdef0',
    instance_type: `${family}.${size}`,
    instance_size: size,
    instance_family: family,
    architecture,
    vcpus,
    memory_mib: memory,
    zone: 'eu-west-1a',
    region: 'eu-west-1',
    account_id: '123456789012',
    image_id: 'ami-0123456789abcdef0',
    private_ipv4: '10.0.0.10',
    group_name: 'sample-group',
    hostname: 'ip-10-0-0-10.eu-west-1.compute.internal',
    public_ipv4: '192.0.2.10',
    ipv6: '2001:db8::10',
    purchase_option: 'on-demand',
  };
}
