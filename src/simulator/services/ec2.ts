/** Simulated EC2, by its own dialect of the Query protocol. */
import type { Ec2Account } from './ec2/account.ts';
import { QueryInput, xmlReply } from './query.ts';
import type { Service } from './service.ts';
import { xmlDocument } from './xml.ts';

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';

export function ec2(account: Ec2Account): Service {
  return {
    name: (request) => {
      const input = new QueryInput(request);
      return { operation: input.action, subject: subjectOf(input) };
    },
    perform: async ({ request, operation }) => {
      const result = await account.perform(operation, new QueryInput(request));
      const document = { requestId: 'simulated', ...result };
      return xmlReply(xmlDocument(`${operation}Response`, document, namespace));
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

/** What a request is about, for the ledger and for faults: the resources that it names. */
function subjectOf(input: QueryInput): string {
  const filtered = input
    .structures('Filter')
    .filter((filter) => filter.get('Name') === 'resource-id')
    .flatMap((filter) => [...filter])
    .filter(([field]) => field.startsWith('Value.'))
    .map(([, value]) => value);
  const lists = ['InstanceId', 'ImageId', 'ResourceId', 'VolumeId', 'SnapshotId', 'GroupId'];
  const single = ['InstanceId', 'ImageId', 'SourceImageId', 'KeyName', 'GroupName', 'GroupId'];
  const named = [
    ...lists.flatMap((name) => input.list(name)),
    ...single.flatMap((name) => input.text(name) ?? []),
  ];
  return [...filtered, ...named].join(',');
}
