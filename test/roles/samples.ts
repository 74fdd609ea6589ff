/** Role sources and facts for the tests of roles. */
import type { Facts } from '../../src/identity/identity.ts';
import type { Peer } from '../../src/peers/peer.ts';
import { fillRole } from '../../src/roles/fill-role.ts';
import type { FilledRole } from '../../src/roles/filled-role.ts';
import { type Selection, selectRole } from '../../src/roles/resolve-role.ts';
import type { Role, RoleSource } from '../../src/roles/role.ts';

/** An m5.large outside any group; the lazy facts are not there unless given. */
export function factsWith(some: Partial<Facts> = {}): Facts {
  return {
    instance_id: 'i-0abc0abc0abc0abc0',
    instance_type: 'm5.large',
    instance_size: 'large',
    instance_family: 'm5',
    architecture: 'x86_64',
    vcpus: 2,
    memory_mib: 3840,
    zone: 'eu-west-1a',
    region: 'eu-west-1',
    account_id: '123456789012',
    image_id: 'ami-0abc0abc0abc0abc0',
    private_ipv4: '10.0.0.7',
    group_name: '',
    ...some,
  };
}

export function source(name: string, text: string): RoleSource {
  return { name, source: `roles/${name}.yaml`, text };
}

/** The role of class `shop`, made of this text alone unless more is given. */
export function roleOf(text: string, more: Partial<Selection> = {}): Role {
  return selectRole({
    class: 'shop',
    templates: new Map(),
    facts: factsWith(),
    tags: {},
    ...more,
    sources: [source('shop', text), ...(more.sources ?? [])],
  });
}

/** The same, filled in. */
export function filledOf(
  text: string,
  more: Partial<Selection> & { release?: { name: string }; peers?: readonly Peer[] } = {},
): FilledRole {
  const { release, peers, ...selection } = more;
  const facts = more.facts ?? factsWith();
  const subject = {
    facts,
    tags: more.tags ?? {},
    ...(release !== undefined && { release }),
    ...(peers !== undefined && { peers }),
  };
  return fillRole(roleOf(text, selection), subject);
}

/** The faults that `attempt` throws, one line each; fails when it throws none. */
export function faultsOf(attempt: () => unknown): readonly string[] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Error && error.name === 'ConfigError' && 'faults' in error) {
      const faults = error.faults as readonly string[];
      return faults.length > 0 ? faults : [error.message];
    }
    throw error;
  }
  throw new Error('expected a ConfigError, but there was none');
}
