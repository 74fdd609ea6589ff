/** EC2, as far as the agent asks it anything: one client for tags and instances. */
import { EC2Client } from '@aws-sdk/client-ec2';
import type { InstanceDirectory, InstanceTags } from './aws.ts';
import type { Connection } from './connection.ts';
import { instanceDirectory } from './instance-directory.ts';
import { instanceTags } from './instance-tags.ts';
import type { ClientSettings } from './settings.ts';

export function ec2(
  connection: Connection,
  settings: ClientSettings,
): { tags: InstanceTags; instances: InstanceDirectory; close(): void } {
  const client = new EC2Client(settings);
  return {
    tags: instanceTags(connection, client),
    instances: instanceDirectory(connection, client),
    close: () => client.destroy(),
  };
}
