/** Simulated EC2: DescribeTags and DescribeInstances, by EC2's dialect of the Query protocol. */
import type { Clock } from '../../clock.ts';
import { describeInstances, type Ec2Account } from './ec2/describe-instances.ts';
import { filtersOf } from './ec2/filters.ts';
import type { Instances } from './ec2/instances.ts';
import { describeTags } from './ec2/tags.ts';
import type { Groups } from './groups.ts';
import { QueryInput, xmlReply } from './query.ts';
import { type Service, ServiceError } from './service.ts';
import type { AwsWorld } from './world.ts';
import { xmlDocument } from './xml.ts';

export function ec2(world: AwsWorld, instances: Instances, groups: Groups, clock: Clock): Service {
  const startedAt = clock.monotonic();
  const tagsVisible = () => clock.monotonic() - startedAt >= (world.tagsVisibleAfterMs ?? 0);
  const account: Ec2Account = { world, instances, groups, tagsVisible };
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
      if (operation === 'DescribeTags') return describeTags(account, input);
      if (operation === 'DescribeInstances') return describeInstances(account, input);
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
