/** Instance tags by EC2's API: the way for instances whose metadata does not show them. */
import { DescribeTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { UnavailableError } from '../errors.ts';
import type { InstanceTags } from './aws.ts';
import type { Connection } from './connection.ts';
import type { Wanted } from './errors.ts';

/** Pages are asked for because calls without are throttled sooner (EC2 API reference, DescribeTags); an instance has 50 tags at most. */
const tagsInAPage = 1000;
/** An instance without any tag must boot too: answers that are empty for so long are believed. */
const emptyBelievedAfterMs = 10_000;

export function instanceTags(connection: Connection, client: EC2Client): InstanceTags {
  return {
    describe(instanceId, signal) {
      const wanted: Wanted = {
        service: 'ec2',
        operation: 'DescribeTags',
        what: `the tags of ${instanceId}`,
        permission: 'ec2:DescribeTags on *',
      };
      const since = connection.clock.monotonic();
      return connection.retry(wanted, signal, async () => {
        const tags: Record<string, string> = {};
        let token: string | undefined;
        do {
          const command = new DescribeTagsCommand({
            Filters: [{ Name: 'resource-id', Values: [instanceId] }],
            MaxResults: tagsInAPage,
            ...(token !== undefined && { NextToken: token }),
          });
          const page = await connection.call(client, wanted, signal, (http) =>
            client.send(command, http),
          );
          for (const { Key: key, Value: value } of page.Tags ?? []) {
            if (key !== undefined) tags[key] = value ?? '';
          }
          token = page.NextToken || undefined;
        } while (token !== undefined);
        if (Object.keys(tags).length > 0) return tags;
        if (connection.clock.monotonic() - since >= emptyBelievedAfterMs) return tags;
        // Tags appear some time after the launch (EC2 developer guide, eventual-consistency): none yet, or none at all.
        throw new UnavailableError(
          `${instanceId} has no tags that EC2 knows of yet; tag the instance in its launch template, or allow tags in instance metadata`,
        );
      });
    },
  };
}
