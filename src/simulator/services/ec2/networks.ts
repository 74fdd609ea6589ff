/** The simulated account's default VPC: its subnets, and the addresses that they give out. */
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import { notFound, refused } from './refusals.ts';
import type { Tags } from './tags.ts';

export interface Subnet {
  readonly id: string;
  readonly cidr: string;
  readonly zone: string;
}

export const vpcId = 'vpc-00000000000000001';
/** VPC user guide, subnet sizing: the first four addresses of a subnet and its last are not given out. */
const reserved = 4;

export class Networks {
  readonly subnets: readonly Subnet[];
  readonly #cidr: string;
  readonly #tags: Tags;
  readonly #given = new Set<string>();

  constructor(world: AwsWorld, tags: Tags) {
    this.#tags = tags;
    // VPC user guide, default VPCs: a /16, and a /20 in each zone.
    this.#cidr = world.network?.cidr ?? '172.31.0.0/16';
    this.subnets =
      world.network?.subnets ??
      ['a', 'b', 'c'].map((letter, index) => ({
        id: `subnet-0000000000000000${index + 1}`,
        cidr: `172.31.${index * 16}.0/20`,
        zone: `${world.region}${letter}`,
      }));
  }

  /** By id, else one in the zone, else the first. */
  choose(id: string | undefined, zone: string | undefined): Subnet {
    if (id !== undefined) {
      const subnet = this.subnets.find((one) => one.id === id);
      if (subnet === undefined) throw notFound(id);
      return subnet;
    }
    const subnet = this.subnets.find((one) => zone === undefined || one.zone === zone);
    if (subnet === undefined)
      throw refused('InvalidParameterValue', `Invalid availability zone: [${zone}]`);
    return subnet;
  }

  /** An address of the subnet that nobody has: the one asked for, or the next. */
  address(subnet: Subnet, wanted?: string): string {
    const { first, size } = rangeOf(subnet.cidr);
    const free = (address: string) => !this.#given.has(address);
    const all = Array.from({ length: size - reserved - 1 }, (_, n) => dotted(first + reserved + n));
    const address = wanted === undefined ? all.find(free) : wanted;
    if (address === undefined)
      throw refused(
        'InsufficientFreeAddressesInSubnet',
        `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
      );
    if (!all.includes(address))
      throw refused(
        'InvalidParameterValue',
        `Address ${address} does not fall within the subnet's address range`,
      );
    if (!free(address)) throw refused('InvalidIPAddress.InUse', `Address ${address} is in use.`);
    this.#given.add(address);
    return address;
  }

  giveBack(address: string | undefined): void {
    if (address !== undefined) this.#given.delete(address);
  }

  describeVpcs(input: QueryInput): XmlElements {
    const asked = input.list('VpcId');
    const unknown = asked.filter((id) => id !== vpcId);
    if (unknown.length > 0) throw notFound(...unknown);
    const vpc = { vpcId, cidrBlock: this.#cidr, state: 'available', isDefault: true };
    const facets = {
      'vpc-id': vpcId,
      cidr: this.#cidr,
      state: 'available',
      isDefault: 'true',
      'is-default': 'true',
    };
    const found = passesAll(filtersOf(input), facets, this.#tags.of(vpcId));
    return { vpcSet: { item: found ? [{ ...vpc, tagSet: this.#tags.xml(vpcId) }] : [] } };
  }

  describeSubnets(input: QueryInput): XmlElements {
    const asked = input.list('SubnetId');
    for (const id of asked) this.choose(id, undefined);
    const filters = filtersOf(input);
    const found = this.subnets.filter(
      ({ id, cidr, zone }) =>
        (asked.length === 0 || asked.includes(id)) &&
        passesAll(filters, facetsOf({ id, cidr, zone }), this.#tags.of(id)),
    );
    return {
      subnetSet: {
        item: found.map((subnet) => ({
          subnetId: subnet.id,
          vpcId,
          cidrBlock: subnet.cidr,
          availabilityZone: subnet.zone,
          state: 'available',
          availableIpAddressCount: rangeOf(subnet.cidr).size - reserved - 1,
          defaultForAz: true,
          mapPublicIpOnLaunch: false,
          tagSet: this.#tags.xml(subnet.id),
        })),
      },
    };
  }
}

function facetsOf({ id, cidr, zone }: Subnet) {
  return {
    'subnet-id': id,
    'vpc-id': vpcId,
    'availability-zone': zone,
    availabilityZone: zone,
    'cidr-block': cidr,
    state: 'available',
    'default-for-az': 'true',
  };
}

function rangeOf(cidr: string): { first: number; size: number } {
  const [address = '', bits = '32'] = cidr.split('/');
  const first = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return { first, size: 2 ** (32 - Number(bits)) };
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
