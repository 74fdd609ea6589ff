/** Vocabulary: what templates may name, and which filters roles add. One table for checks and for docs/roles.md. */
import type { Facts, LazyFact } from '../identity/identity.ts';

export const factMeanings: Readonly<Record<keyof Facts, string>> = {
  instance_id: 'Instance id: `i-0123456789abcdef0`.',
  instance_type: 'Instance type: `m5.2xlarge`.',
  instance_family: 'The part of the type before the dot: `m5`.',
  instance_size: 'The part of the type after the dot: `2xlarge`, `metal`.',
  architecture: '`x86_64` or `arm64`.',
  vcpus: 'Number of vCPUs.',
  memory_mib:
    'Memory as the kernel reports it, MiB: a little less than the nominal size of the type.',
  zone: 'Availability zone: `eu-west-1a`.',
  region: 'Region: `eu-west-1`.',
  account_id: 'AWS account id, twelve digits.',
  image_id: 'AMI id.',
  private_ipv4: 'Private IPv4 address.',
  group_name: 'Name of the Auto Scaling group; empty outside a group.',
  hostname: 'Private DNS name.',
  public_ipv4: 'Public IPv4 address; empty where there is none.',
  ipv6: 'First IPv6 address; empty where there is none.',
  purchase_option: '`on-demand`, `spot`, `capacity-block`, ...',
};

export const factNames: readonly string[] = Object.keys(factMeanings);

/** The compiler names a lazy fact that is missing here. */
const lazy: Readonly<Record<LazyFact, true>> = {
  hostname: true,
  public_ipv4: true,
  ipv6: true,
  purchase_option: true,
};

/** Facts that are looked up only where something names them. */
export const lazyFactNames = Object.keys(lazy) as readonly LazyFact[];

/** What stands at the head of a variable, and what it gives. */
export const rootMeanings = {
  facts: 'Facts of this instance, as `facts.NAME`; see the table below.',
  tags: 'Instance tags: `tags.Name`, or `tags["app:stage"]` where the name is no identifier. A tag that the instance lacks is an error unless a `default` filter follows.',
  values: "The role's own `values`: `values.NAME`, and `values.NAME.KEY` of a map.",
  release: 'The release to run: `release.name`.',
  class: 'The class of this node.',
  peers:
    'The other nodes of this class, where the role has a section `peers`: a list, sorted by address, each with `private_ipv4`, `instance_id` and `zone`.',
  secrets:
    'Secrets by reference: `secrets.NAME` or `secrets.NAME.FIELD`; only in the content of files and template files, in `unit` and `drop_in`, and in `env` of commands.',
} as const;

export type Root = keyof typeof rootMeanings;
export const roots: readonly string[] = Object.keys(rootMeanings);

/** Filters that may follow a secret, and the encoding that the reference then carries. */
export const secretFilters = {
  url_encode: 'url',
  base64_encode: 'base64',
  json: 'json',
} as const;

/**
 * Filters of the template library that roles do without: they would make a plan depend on the moment, the machine's
 * time zone or chance, and a plan is a function of agent version, role, release and identity alone.
 */
export const filtersLeftOut = [
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
  'sample',
] as const;

/** Tags left out: a template is one text, so that all it names is known before anything is looked up. */
export const tagsLeftOut = ['include', 'render', 'layout', 'block'] as const;
