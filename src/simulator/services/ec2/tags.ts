/** Tags in simulated EC2: by resource, as DescribeTags gives them. */
import type { Clock } from '../../../clock.ts';
import type { QueryInput } from '../query.ts';
import type { AwsWorld } from '../world.ts';
import type { Xml, XmlElements } from '../xml.ts';
import { type Filters, filtersOf, passesAll } from './filters.ts';
import { refused, wrongValue } from './refusals.ts';

/** By the prefix of the resource's id. */
const types: Readonly<Record<string, string>> = {
  i: 'instance',
  ami: 'image',
  snap: 'snapshot',
  vol: 'volume',
  sg: 'security-group',
  key: 'key-pair',
  subnet: 'subnet',
  vpc: 'vpc',
};
const mostTags = 50;

export class Tags {
  readonly #world: AwsWorld;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #tags = new Map<string, Record<string, string>>();

  constructor(world: AwsWorld, clock: Clock) {
    this.#world = world;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    for (const [id, tags] of Object.entries(world.tags)) this.#tags.set(id, { ...tags });
  }

  /** What the API shows by now. */
  of(resourceId: string): Readonly<Record<string, string>> {
    return (this.#visible ? this.#tags.get(resourceId) : undefined) ?? {};
  }

  get #visible(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= (this.#world.tagsVisibleAfterMs ?? 0);
  }

  /** Adds tags, or changes their values. */
  put(resourceId: string, tags: Readonly<Record<string, string>>): void {
    const all = { ...this.#tags.get(resourceId), ...tags };
    if (Object.keys(all).length > mostTags)
      throw refused('TagLimitExceeded', `More than ${mostTags} tags`);
    this.#tags.set(resourceId, all);
  }

  /** Without a value: whatever it is. */
  remove(resourceId: string, key: string, value?: string): void {
    const tags = this.#tags.get(resourceId);
    if (tags !== undefined && (value === undefined || tags[key] === value)) delete tags[key];
  }

  forget(resourceId: string): void {
    this.#tags.delete(resourceId);
  }

  xml(resourceId: string): Xml {
    const tags = Object.entries(this.of(resourceId));
    return { item: tags.map(([key, value]) => ({ key, value })) };
  }

  /** Pages of MaxResults; a page may be empty and still carry a NextToken (EC2 API reference, DescribeTags). */
  describe(input: QueryInput, seen: (resourceId: string) => boolean): XmlElements {
    const matching = this.#matching(filtersOf(input), seen);
    const emptyPages = this.#world.emptyTagPages ?? 0;
    const [, page = '0', first = '0'] =
      /^page-(\d+)-(\d+)$/.exec(input.text('NextToken') ?? '') ?? [];
    if (Number(page) < emptyPages) {
      return { nextToken: `page-${Number(page) + 1}-0`, tagSet: {} };
    }
    const most = Number(input.text('MaxResults') ?? 1000);
    const end = Number(first) + most;
    const nextToken = end < matching.length ? `page-${emptyPages}-${end}` : undefined;
    return { nextToken, tagSet: { item: matching.slice(Number(first), end) } };
  }

  #matching(filters: Filters, seen: (resourceId: string) => boolean): XmlElements[] {
    const visible = [...(this.#visible ? this.#tags : [])].filter(([id]) => seen(id));
    const all = visible.flatMap(([resourceId, tags]) =>
      Object.entries(tags).map(([key, value]) => {
        const resourceType = types[resourceId.split('-')[0] ?? ''] ?? 'unknown';
        return { resourceId, resourceType, key, value };
      }),
    );
    return all.filter(({ resourceId, resourceType, key, value }) =>
      passesAll(filters, {
        'resource-id': resourceId,
        'resource-type': resourceType,
        key,
        value,
      }),
    );
  }
}

/** `Tag.1.Key`, `Tag.1.Value`, ... */
export function tagsIn(input: QueryInput): Record<string, string> {
  const pairs = input
    .parts('Tag')
    .map((tag) => [tag.text('Key') ?? '', tag.text('Value') ?? ''] as const);
  for (const [key] of pairs) {
    if (key === '') throw wrongValue('Tag keys must not be empty');
    if (key.startsWith('aws:'))
      throw wrongValue("Tag keys starting with 'aws:' are reserved for internal use");
  }
  return Object.fromEntries(pairs);
}

/** What the tag specifications of a request say for resources of this type. */
export function tagsFor(input: QueryInput, type: string): Record<string, string> {
  return Object.assign(
    {},
    ...input
      .parts('TagSpecification')
      .filter((one) => one.text('ResourceType') === type)
      .map(tagsIn),
  );
}
