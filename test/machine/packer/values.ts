/** For each variable of the templates: values that are taken, and values that are refused. */

export interface Values {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

const regions = { good: ['eu-west-1', 'us-gov-west-1'], bad: ['eu-west', 'eu-west-1a', 'Ireland'] };
const instanceType = (type: string): Values => ({ good: [type], bad: ['', 'medium', 't3'] });

export const values: Readonly<Record<string, Values>> = {
  classes: {
    good: [['tomcat'], ['web', 'worker-2']],
    bad: [[], [''], ['tomcat php'], ['../tomcat'], ['tomcat;reboot'], ['--help']],
  },
  roles: { good: ['roles', './roles'], bad: ['', 'roles/'] },
  agent_yaml: { good: ['', 'agent.yaml', './agent.yaml'], bad: ['agent.yml', 'my-agent.yaml'] },
  environment_file: { good: ['', './environment'], bad: ['environment.txt', 'my-environment'] },
  packages: { good: ['out', './out'], bad: ['', 'out/'] },
  agent_version: { good: ['0.1.0'], bad: ['', '1', 'v0.1.0', '0.1.0 beta', 'latest'] },
  bake_options: { good: [[], ['--json']], bad: [['json'], ['--a; reboot'], ['$(reboot)'], ['']] },
  commit: { good: ['', '0123abc', 'a'.repeat(40)], bad: ['main', '0123ABC', 'a'.repeat(65)] },
  name_prefix: { good: ['acme', 'acme/node'], bad: ['', 'ab', 'acme node', 'a'.repeat(61)] },
  tags: {
    good: [{ Team: 'web shop', 'cost:center': '1/2' }],
    bad: [{ 'team/name': 'web' }, { 'my team': 'web' }, { 'aws:team': 'web' }, { '..': 'web' }],
  },
  ami_regions: {
    good: [[], regions.good.slice(0, 1)],
    bad: regions.bad.map((region) => [region]),
  },
  ami_users: { good: [[]], bad: [['1234'], ['all'], ['12345678901a']] },
  ami_org_arns: {
    good: [[]],
    bad: [['o-abcdefghij'], ['arn:aws:organizations::1:organization/o-abcdefghij']],
  },
  kms_key_id: {
    good: ['', 'alias/ami', '1234abcd-12ab-34cd-56ef-1234567890ab', keyOf('eu-west-1')],
    bad: ['ami', 'alias/', 'arn:aws:kms:eu-west-1:123:key/x', 'arn:aws:s3:::bucket'],
  },
  region_kms_key_ids: { good: [{}], bad: [{ Ireland: keyOf('eu-west-1') }] },
  deprecate_after_days: { good: [0, 1, 3650], bad: [-1, 3651, 1.5] },
  volume_size: { good: [8, 100], bad: [7, 16385, 8.5] },
  volume_iops: { good: [3000, 16000], bad: [2999, 16001] },
  volume_throughput: { good: [125, 1000], bad: [124, 1001] },
  manifest: { good: ['images.json'], bad: ['', 'images', 'images.json.txt'] },
  region: { good: regions.good, bad: regions.bad },
  source_ami_name: { good: ['', 'acme/base-*'], bad: ['x', 'a'.repeat(129), 'base$(reboot)'] },
  source_ami_owners: { good: [[], ['self'], ['123456789012']], bad: [['acme'], ['1234']] },
  instance_type_x86_64: instanceType('c7i.large'),
  instance_type_arm64: instanceType('c7g.large'),
  iam_instance_profile: {
    good: ['', 'bake'],
    bad: ['arn:aws:iam::123456789012:instance-profile/bake', 'a b'],
  },
  vpc_id: { good: ['', 'vpc-0123456789abcdef0'], bad: ['vpc', 'subnet-0123456789abcdef0'] },
  subnet_id: { good: ['', 'subnet-0123456789abcdef0'], bad: ['vpc-0123456789abcdef0'] },
  // And ipv6, which 1.6.6 has not heard of.
  ssh_interface: { good: ['', 'private_ip', 'public_dns'], bad: ['public', 'private-ip'] },
  ssh_source_cidrs: { good: [[], ['10.0.0.0/8', '::1/128']], bad: [['10.0.0.1'], ['everywhere']] },
  poll_seconds: { good: [1, 60], bad: [0, 61, 2.5] },
  custom_endpoint_ec2: { good: ['', 'http://10.77.0.1:8000'], bad: ['10.77.0.1', 'https://'] },
};

export function keyOf(region: string): string {
  return `arn:aws:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
}
