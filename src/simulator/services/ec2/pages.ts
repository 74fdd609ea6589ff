/** Pages of MaxResults, as EC2's Describe operations give them. */
import type { QueryInput } from '../query.ts';
import { refused, wrongValue } from './refusals.ts';

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

/**
 * All of them in one page where MaxResults is absent; `byIds`: the request names what it wants.
 * @throws ServiceError where MaxResults is out of its bounds or beside ids (EC2 API reference, DescribeInstances)
 */
export function pageOf<T>(all: readonly T[], input: QueryInput, byIds: boolean): PageOf<T> {
  const text = input.text('MaxResults');
  if (text !== undefined && byIds)
    throw refused(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  const most = Number(text ?? 1000);
  if (!(most >= 5 && most <= 1000))
    throw wrongValue(
      `Value ( ${text} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
    );
  const first = Number(/^page-(\d+)$/.exec(input.text('NextToken') ?? 'page-0')?.[1] ?? NaN);
  if (Number.isNaN(first)) throw refused('InvalidNextToken', 'The specified token is invalid');
  const end = first + most;
  return {
    items: all.slice(first, end),
    nextToken: end < all.length ? `page-${end}` : undefined,
  };
}
