/** DescribeTags of simulated EC2. */
import { type QueryInput, xmlReply } from '../query.ts';
import type { Reply } from '../service.ts';
import { type XmlElements, xmlDocument } from '../xml.ts';
import type { Ec2Account } from './describe-instances.ts';
import { filtersOf, passes } from './filters.ts';
import { namespace } from './namespace.ts';

/** Pages of MaxResults; a page may be empty and still carry a NextToken (EC2 API reference, DescribeTags). */
export function describeTags(
  { world, instances, tagsVisible }: Ec2Account,
  input: QueryInput,
): Reply {
  const filters = filtersOf(input);
  const all = (tagsVisible() ? instances.visible() : []).flatMap(({ id, tags }) =>
    [...tags].map(([key, value]) => ({
      resourceId: id,
      resourceType: 'instance',
      key,
      value,
    })),
  );
  const matching = all.filter((tag) => {
    const has: Readonly<Record<string, string>> = {
      'resource-id': tag.resourceId,
      'resource-type': tag.resourceType,
      key: tag.key,
      value: tag.value,
    };
    return passes(filters, (name) => (name in has ? [has[name] ?? ''] : undefined));
  });
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
