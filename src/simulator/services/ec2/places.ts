/** Where the simulated account is: its Region, the zones, what the account may use. */
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { type Networks, vpcId } from './networks.ts';
import { refused } from './refusals.ts';

export function describeRegions({ region }: AwsWorld, input: QueryInput): XmlElements {
  const unknown = input.list('RegionName').filter((name) => name !== region);
  if (unknown.length > 0)
    throw refused('InvalidParameterValue', `Invalid region names: [${unknown.join(', ')}]`);
  const item = {
    regionName: region,
    regionEndpoint: `ec2.${region}.amazonaws.com`,
    optInStatus: 'opt-in-not-required',
  };
  return { regionInfo: { item } };
}

export function describeAvailabilityZones(
  { region }: AwsWorld,
  { subnets }: Networks,
): XmlElements {
  const zones = [...new Set(subnets.map(({ zone }) => zone))];
  const item = zones.map((zone) => ({
    zoneName: zone,
    zoneState: 'available',
    regionName: region,
    zoneType: 'availability-zone',
  }));
  return { availabilityZoneInfo: { item } };
}

/** An account of today: it has VPCs alone, and a default one. */
export function describeAccountAttributes(): XmlElements {
  const item = [
    ['supported-platforms', 'VPC'],
    ['default-vpc', vpcId],
    ['max-instances', '20'],
  ].map(([attributeName, attributeValue]) => ({
    attributeName,
    attributeValueSet: { item: { attributeValue } },
  }));
  return { accountAttributeSet: { item } };
}
