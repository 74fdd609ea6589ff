/** The metadata of the simulated instance's network interface; the keys are those of the EC2 user guide, "Instance metadata categories". */
import { createHash } from 'node:crypto';

/** What of an instance is in the metadata of its interface, as a scenario spells it. */
export interface Connected {
  readonly instance_id: string;
  readonly account_id: string;
  readonly zone: string;
  readonly private_ipv4: string;
  readonly public_ipv4?: string;
  readonly ipv6?: string;
  readonly mac?: string;
}

/** Key below meta-data/ -> value. `hostname`: the private DNS name. */
export function networkInterfaceOf(
  instance: Connected,
  hostname: string,
): Record<string, string | undefined> {
  const { private_ipv4: address, account_id, public_ipv4, ipv6 } = instance;
  const mac = instance.mac ?? macOf(address);
  const [first, second, third] = address.split('.');
  const vpc = `${first}.${second}.0.0/16`;
  const below: Record<string, string | undefined> = {
    'device-number': '0',
    'interface-id': idOf('eni', instance.instance_id),
    ipv6s: ipv6,
    'local-hostname': hostname,
    'local-ipv4s': address,
    mac,
    'owner-id': account_id,
    'public-ipv4s': public_ipv4,
    'security-group-ids': idOf('sg', account_id),
    'security-groups': 'default',
    'subnet-id': idOf('subnet', instance.zone),
    'subnet-ipv4-cidr-block': `${first}.${second}.${third}.0/24`,
    'vpc-id': idOf('vpc', account_id),
    'vpc-ipv4-cidr-block': vpc,
    'vpc-ipv4-cidr-blocks': vpc,
  };
  const entries = Object.entries(below).map(([key, value]) => [
    `network/interfaces/macs/${mac}/${key}`,
    value,
  ]);
  return { mac, ...Object.fromEntries(entries) };
}

/** Locally administered, with the address in it. */
function macOf(address: string): string {
  const bytes = [0x02, 0x00, ...address.split('.').map(Number)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** An id as EC2 makes them, always the same for the same thing. */
function idOf(kind: string, of: string): string {
  return `${kind}-0${createHash('sha256').update(`${kind} ${of}`).digest('hex').slice(0, 16)}`;
}
