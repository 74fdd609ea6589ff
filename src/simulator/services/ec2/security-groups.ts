/** Security groups of simulated EC2. */
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { XmlElements } from '../xml.ts';
import { filtersOf, passesAll } from './filters.ts';
import type { Ids } from './ids.ts';
import { vpcId } from './networks.ts';
import { notFound, parameter, refused } from './refusals.ts';
import { type Tags, tagsFor } from './tags.ts';

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly ingress: Permission[];
}

interface Permission {
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidr: string;
}

export class SecurityGroups {
  readonly #world: AwsWorld;
  readonly #ids: Ids;
  readonly #tags: Tags;
  readonly #groups = new Map<string, SecurityGroup>();

  constructor(world: AwsWorld, ids: Ids, tags: Tags) {
    this.#world = world;
    this.#ids = ids;
    this.#tags = tags;
    this.#add('default', 'default VPC security group');
  }

  /** By id. */
  get(id: string): SecurityGroup {
    const group = this.#groups.get(id);
    if (group === undefined) throw notFound(id);
    return group;
  }

  has(id: string): boolean {
    return this.#groups.has(id);
  }

  /** By ids and names; the default group where none is asked for. */
  choose(ids: readonly string[], names: readonly string[]): SecurityGroup[] {
    const asked = ids.length + names.length > 0 ? names : ['default'];
    return [...ids.map((id) => this.get(id)), ...asked.map((name) => this.#named(name))];
  }

  create(input: QueryInput): XmlElements {
    const name = parameter(input, 'GroupName');
    const description = parameter(input, 'GroupDescription');
    const vpc = input.text('VpcId') ?? vpcId;
    if (vpc !== vpcId) throw notFound(vpc);
    if ([...this.#groups.values()].some((group) => group.name === name))
      throw refused(
        'InvalidGroup.Duplicate',
        `The security group '${name}' already exists for VPC '${vpcId}'`,
      );
    const { id } = this.#add(name, description);
    this.#tags.put(id, tagsFor(input, 'security-group'));
    return { return: true, groupId: id, tagSet: this.#tags.xml(id) };
  }

  authorizeIngress(input: QueryInput): XmlElements {
    const group = this.#asked(input);
    const permissions = permissionsIn(input);
    for (const one of permissions) {
      if (group.ingress.some((known) => JSON.stringify(known) === JSON.stringify(one)))
        throw refused(
          'InvalidPermission.Duplicate',
          `the specified rule "peer: ${one.cidr}, ${one.protocol}, from port: ${one.fromPort}, to port: ${one.toPort}, ALLOW" already exists`,
        );
    }
    group.ingress.push(...permissions);
    return { return: true };
  }

  /** `inUse`: whether an instance still has it. */
  delete(input: QueryInput, inUse: (id: string) => boolean): XmlElements {
    const group = this.#asked(input);
    if (group.name === 'default')
      throw refused(
        'CannotDelete',
        `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
      );
    if (inUse(group.id))
      throw refused('DependencyViolation', `resource ${group.id} has a dependent object`);
    this.#groups.delete(group.id);
    this.#tags.forget(group.id);
    return { return: true };
  }

  describe(input: QueryInput): XmlElements {
    const asked = this.choose(input.list('GroupId'), input.list('GroupName'));
    const all = input.list('GroupId').length + input.list('GroupName').length === 0;
    const filters = filtersOf(input);
    const found = (all ? [...this.#groups.values()] : asked).filter(({ id, name, description }) =>
      passesAll(
        filters,
        { 'group-id': id, 'group-name': name, description, 'vpc-id': vpcId },
        this.#tags.of(id),
      ),
    );
    return { securityGroupInfo: { item: found.map((group) => this.#xml(group)) } };
  }

  #asked(input: QueryInput): SecurityGroup {
    const id = input.text('GroupId');
    return id === undefined ? this.#named(parameter(input, 'GroupName')) : this.get(id);
  }

  #named(name: string): SecurityGroup {
    const group = [...this.#groups.values()].find((one) => one.name === name);
    if (group !== undefined) return group;
    throw refused('InvalidGroup.NotFound', `The security group '${name}' does not exist`);
  }

  #add(name: string, description: string): SecurityGroup {
    const group = { id: this.#ids.next('sg'), name, description, ingress: [] };
    this.#groups.set(group.id, group);
    return group;
  }

  #xml({ id, name, description, ingress }: SecurityGroup): XmlElements {
    const permissions = ingress.map(({ protocol, fromPort, toPort, cidr }) => ({
      ipProtocol: protocol,
      fromPort,
      toPort,
      ipRanges: { item: { cidrIp: cidr } },
    }));
    return {
      ownerId: this.#world.accountId,
      groupId: id,
      groupName: name,
      groupDescription: description,
      vpcId,
      ipPermissions: { item: permissions },
      tagSet: this.#tags.xml(id),
    };
  }
}

/** As a list of permissions, or one by the flat parameters of old clients. */
function permissionsIn(input: QueryInput): Permission[] {
  const parts = input.parts('IpPermissions');
  const single = parts.length === 0 ? [input] : parts;
  return single.flatMap((part) => {
    const ranges = part.parts('IpRanges').map((range) => parameter(range, 'CidrIp'));
    const cidrs = parts.length === 0 ? [parameter(part, 'CidrIp')] : ranges;
    return cidrs.map((cidr) => ({
      protocol: parameter(part, 'IpProtocol'),
      fromPort: Number(part.text('FromPort') ?? -1),
      toPort: Number(part.text('ToPort') ?? -1),
      cidr,
    }));
  });
}
