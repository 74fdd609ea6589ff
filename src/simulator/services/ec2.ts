/** Simulated EC2: DescribeTags and DescribeInstances, by EC2's dialect of the Query protocol. */
import type { Clock } from '../../clock.ts';
import { QueryInput, xmlReply } from './query.ts';
import { type Reply, type Service, ServiceError } from './service.ts';
import type { AwsWorld } from './world.ts';
import { type XmlElements, xmlDocument } from './xml.ts';

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';

export function ec2(world: AwsWorld, clock: Clock): Service {
  const startedAt = clock.monotonic();
  const visible = () => clock.monotonic() - startedAt >= (world.tagsVisibleAfterMs ?? 0);
  return {
    name: (request) => {
      const input = new QueryInput(request);
      const resources = filtersOf(input).get('resource-id') ?? [];
      return {
        operation: input.action,
        subject: [...resources, ...input.list('InstanceId')].join(','),
      };
    },
    perform: ({ request, operation }) => {
      const input = new QueryInput(request);
      if (operation === 'DescribeTags') return describeTags(world, visible(), input);
      if (operation === 'DescribeInstances') return describeInstances(world, input);
      throw new ServiceError(400, 'InvalidAction', `The action ${operation} is not valid`);
    },
    refuse: ({ status, code, message }) => ({
      ...xmlReply(
        xmlDocument('Response', {
          Errors: {
            Error: {
              Code: code ?? (status === 503 ? 'RequestLimitExceeded' : 'InternalError'),
              Message: message ?? 'Request limit exceeded. (simulated)',
            },
          },
          RequestID: 'simulated',
        }),
      ),
      status,
    }),
    refusals: {
      unsigned: { status: 401, code: 'AuthFailure' },
      stranger: { status: 401, code: 'AuthFailure' },
      skewed: { status: 400, code: 'RequestExpired' },
      denied: { status: 403, code: 'UnauthorizedOperation' },
    },
  };
}

/** Pages of MaxResults; a page may be empty and still carry a NextToken (EC2 API reference, DescribeTags). */
function describeTags(world: AwsWorld, visible: boolean, input: QueryInput): Reply {
  const filters = filtersOf(input);
  const all = Object.entries(visible ? world.tags : {}).flatMap(([resourceId, tags]) =>
    Object.entries(tags).map(([key, value]) => ({
      resourceId,
      resourceType: 'instance',
      key,
      value,
    })),
  );
  const matching = all.filter(
    (tag) =>
      passes(filters, 'resource-id', tag.resourceId) &&
      passes(filters, 'resource-type', tag.resourceType) &&
      passes(filters, 'key', tag.key) &&
      passes(filters, 'value', tag.value),
  );
  const emptyPages = world.emptyTagPages ?? 0;
  const [, page = '0', first = '0'] =
    /^page-(\d+)-(\d+)$/.exec(input.text('NextToken') ?? '') ?? [];
  if (Number(page) < emptyPages) {
    return tagsReply([], `page-${Number(page) + 1}-0`);
  }
  const most = Number(input.text('MaxResults') ?? 1000);
  const end = Number(first) + most;
  const next = end < matching.length ? `page-${emptyPages}-${end}` : undefined;
  return tagsReply(matching.slice(Number(first), end), next);
}

function tagsReply(tags: readonly XmlElements[], nextToken: string | undefined): Reply {
  const document = { requestId: 'simulated', nextToken, tagSet: { item: tags } };
  return xmlReply(xmlDocument('DescribeTagsResponse', document, namespace));
}

/** The instances are those of the groups and those that have tags. */
function describeInstances(world: AwsWorld, input: QueryInput): Reply {
  const members = new Map(
    Object.values(world.groups).flatMap(({ instances }) => Object.entries(instances)),
  );
  const known = new Set([...members.keys(), ...Object.keys(world.tags)]);
  const asked = input.list('InstanceId');
  const unknown = asked.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw new ServiceError(
      400,
      'InvalidInstanceID.NotFound',
      `The instance ID '${unknown.join(', ')}' does not exist`,
    );
  }
  const instances = (asked.length > 0 ? asked : [...known]).map((instanceId) => ({
    instanceId,
    instanceType: members.get(instanceId)?.instanceType,
    placement: { availabilityZone: members.get(instanceId)?.zone ?? `${world.region}a` },
    instanceState: { code: 16, name: 'running' },
    tagSet: {
      item: Object.entries(world.tags[instanceId] ?? {}).map(([key, value]) => ({ key, value })),
    },
  }));
  const document = {
    requestId: 'simulated',
    reservationSet: {
      item: instances.map((instance) => ({
        ownerId: world.accountId,
        instancesSet: { item: instance },
      })),
    },
  };
  return xmlReply(xmlDocument('DescribeInstancesResponse', document, namespace));
}

function filtersOf(input: QueryInput): Map<string, string[]> {
  return new Map(
    input
      .structures('Filter')
      .map((filter) => [
        filter.get('Name') ?? '',
        [...filter].filter(([field]) => field.startsWith('Value.')).map(([, value]) => value),
      ]),
  );
}

function passes(filters: Map<string, string[]>, name: string, value: string): boolean {
  return filters.get(name)?.includes(value) ?? true;
}
