/** Identities and filled roles for the tests of the planner, with only what a test says. */
import type { Facts, Identity } from '../../src/identity/identity.ts';
import type { Release } from '../../src/releases/release.ts';
import type { FilledDocument, FilledRole } from '../../src/roles/filled-role.ts';
import type { Origin } from '../../src/roles/role.ts';

export const digest = 'ab'.repeat(32);

export function roleOf(
  document: Partial<FilledDocument>,
  rest: { class?: string; origins?: ReadonlyMap<string, Origin> } = {},
): FilledRole {
  return {
    class: rest.class ?? 'tomcat',
    ancestry: [rest.class ?? 'tomcat', 'base'],
    origins: rest.origins ?? new Map(),
    document: {
      description: '',
      values: {},
      secrets: {},
      users: {},
      packages: {},
      kernel_modules: {},
      sysctl: {},
      mask: {},
      directories: {},
      files: {},
      artifacts: {},
      commands: {},
      services: {},
      probes: {},
      lifecycle: {},
      drain: { stop_work: {}, commands: {} },
      ...document,
    },
  };
}

export const facts: Facts = {
  instance_id: 'i-0a1b2c3d4e5f60718',
  instance_type: 'm5.2xlarge',
  instance_size: '2xlarge',
  instance_family: 'm5',
  architecture: 'x86_64',
  vcpus: 8,
  memory_mib: 31437,
  zone: 'eu-west-1a',
  region: 'eu-west-1',
  account_id: '123456789012',
  image_id: 'ami-0123456789abcdef0',
  private_ipv4: '10.0.12.34',
  group_name: 'shop-tomcat',
};

export function identityOf(
  rest: Partial<Omit<Identity, 'facts'>> & { facts?: Partial<Facts> } = {},
): Identity {
  return {
    class: {
      name: 'tomcat',
      source: 'tag',
      held: [
        { source: 'user data', where: 'user data', value: undefined },
        { source: 'tag', where: 'tag Class', value: 'tomcat' },
        { source: 'default', where: '/etc/bootstrap-agent/agent.yaml', value: 'base' },
      ],
    },
    tags: { Class: 'tomcat', 'aws:autoscaling:groupName': 'shop-tomcat' },
    tagNames: ['Class', 'Name', 'aws:autoscaling:groupName'],
    tagsFrom: 'metadata',
    userData: { kind: 'none' },
    ...rest,
    facts: { ...facts, ...rest.facts },
  };
}

export function releaseOf(files: Release['files']): Release {
  return {
    name: '1.4.2',
    source: 's3://acme-releases/shop/current',
    manifest: 's3://acme-releases/shop/1.4.2/release.json',
    files,
  };
}
