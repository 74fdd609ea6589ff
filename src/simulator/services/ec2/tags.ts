/** DescribeTags of simulated EC2. */
import { type QueryInput, xmlReply } from '../query.ts';
import type { Reply } from '../service.ts';
import type { AwsWorld } from '../world.ts';
import { type XmlElements, xmlDocument } from '../xml.ts';
import { filtersOf, passes } from './filters.ts';
import { namespace } from './namespace.ts';

/** Pages of MaxResults; a page may be empty and still carry a NextToken (EC2 API reference, DescribeTags). */
export function describeTags(world: AwsWorld, visible: boolean, input: QueryInput): Reply {
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
