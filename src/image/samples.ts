/** Two instances of the class that an image is made for, different in all that an instance decides: what both need alike can be baked. */
import type { Facts } from '../identity/identity.ts';

/** What is the same for every instance of an image, as far as it is known where the image is made. */
export interface KnownOfImage {
  readonly architecture: Facts['architecture'];
  readonly region?: string;
  readonly account_id?: string;
}

/**
 * The two. What is not known differs as well. So does the id of the image: that of the image being made is known only
 * when it is made.
 */
export function sampleNodes(known: KnownOfImage): readonly [Facts, Facts] {
  const arm = known.architecture === 'arm64';
  const { architecture } = known;
  const region = (other: string) => known.region ?? other;
  const account = (other: string) => known.account_id ?? other;
  return [
    {
      instance_id: 'i-0a0a0a0a0a0a0a0a0',
      ...(arm ? type('t4g', 'nano') : type('t3', 'nano')),
      architecture,
      vcpus: 2,
      memory_mib: 420,
      zone: `${region('sample-east-1')}a`,
      region: region('sample-east-1'),
      account_id: account('111111111111'),
      image_id: 'ami-0a0a0a0a0a0a0a0a0',
      private_ipv4: '10.0.0.10',
      group_name: 'sample-group',
      hostname: 'ip-10-0-0-10.compute.internal',
      public_ipv4: '192.0.2.10',
      ipv6: '2001:db8::10',
      purchase_option: 'on-demand',
    },
    {
      instance_id: 'i-0b0b0b0b0b0b0b0b0',
      ...(arm ? type('c7g', '16xlarge') : type('m5', '24xlarge')),
      architecture,
      vcpus: 64,
      memory_mib: 250_000,
      zone: `${region('sample-west-2')}b`,
      region: region('sample-west-2'),
      account_id: account('222222222222'),
      image_id: 'ami-0b0b0b0b0b0b0b0b0',
      private_ipv4: '10.1.1.11',
      group_name: 'other-group',
      hostname: 'ip-10-1-1-11.compute.internal',
      public_ipv4: '198.51.100.11',
      ipv6: '2001:db8::b',
      purchase_option: 'spot',
    },
  ];
}

function type(family: string, size: string) {
  return {
    instance_type: `${family}.${size}`,
    instance_family: family,
    instance_size: size,
  };
}
