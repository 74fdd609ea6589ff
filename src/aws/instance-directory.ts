/** The instances of an account by their tags: EC2 DescribeInstances. */
import { DescribeInstancesCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { ConfigError, UnavailableError } from '../errors.ts';
import type { InstanceDirectory, ListedInstance } from './aws.ts';
import type { Connection } from './connection.ts';
import type { Wanted } from './errors.ts';

/** Calls that ask for pages are throttled later than those that do not; 1000 is the most (EC2 API reference, DescribeInstances). */
const instancesInAPage = 1000;
/** EC2 lists a new instance, and its tags, within seconds as a rule. A node that has booted and is not listed after so long never will be. */
const unlistedBelievedAfterMs = 60_000;

export function instanceDirectory(connection: Connection, client: EC2Client): InstanceDirectory {
  return {
    withTags(tags, including, signal) {
      const words = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
      const wanted: Wanted = {
        service: 'ec2',
        operation: 'DescribeInstances',
        what: `the instances with ${words.join(', ')}`,
        permission: 'ec2:DescribeInstances on *',
        decisive: true,
      };
      const Filters = [
        ...Object.entries(tags).map(([name, value]) => ({
          Name: `tag:${name}`,
          Values: [literal(value)],
        })),
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ];
      const since = connection.clock.monotonic();
      return connection.retry(wanted, signal, async () => {
        const listed: ListedInstance[] = [];
        let token: string | undefined;
        do {
          const command = new DescribeInstancesCommand({
            Filters,
            MaxResults: instancesInAPage,
            ...(token !== undefined && { NextToken: token }),
          });
          const page = await connection.call(client, wanted, signal, (http) =>
            client.send(command, http),
          );
          for (const { Instances = [] } of page.Reservations ?? [])
            listed.push(...Instances.map(listedFrom));
          token = page.NextToken || undefined;
        } while (token !== undefined);
        if (listed.some(({ instanceId }) => instanceId === including)) return listed;
        const fault = `EC2 lists ${listed.length} instances with ${words.join(', ')}, but not ${including} itself`;
        if (connection.clock.monotonic() - since >= unlistedBelievedAfterMs)
          throw new ConfigError(
            `${fault}, not even after ${unlistedBelievedAfterMs / 1000} s\n  Was one of its tags changed after the launch? Its metadata and EC2 must agree on them.`,
          );
        // Eventual consistency (EC2 developer guide): who does not see itself may not see its peers either.
        throw new UnavailableError(`${fault} yet`);
      });
    },
  };
}

/** In values of filters * and ? are wildcards, unless a backslash stands before them (EC2 user guide, "Filter resources"). */
function literal(value: string): string {
  return value.replace(/[*?\\]/g, '\\$&');
}

function listedFrom(instance: Instance): ListedInstance {
  const { InstanceId = '', PrivateIpAddress: privateIpv4, VpcId: vpcId, Placement } = instance;
  return {
    instanceId: InstanceId,
    zone: Placement?.AvailabilityZone ?? '',
    ...(privateIpv4 !== undefined && { privateIpv4 }),
    ...(vpcId !== undefined && { vpcId }),
  };
}
