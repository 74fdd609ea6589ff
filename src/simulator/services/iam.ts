/** Simulated IAM: the instance profiles that there are; tools look one up before they launch with it. */
import { QueryInput, queryRefusal, queryRefusals, queryReply } from './query.ts';
import { type Service, ServiceError } from './service.ts';
import type { AwsWorld } from './world.ts';
import type { Xml } from './xml.ts';

const namespace = 'https://iam.amazonaws.com/doc/2010-05-08/';

export function iam(world: AwsWorld): Service {
  return {
    name: (request) => {
      const input = new QueryInput(request);
      return { operation: input.action, subject: input.text('InstanceProfileName') ?? '' };
    },
    perform: ({ request, operation }) => {
      if (operation !== 'GetInstanceProfile')
        throw new ServiceError(400, 'InvalidAction', `Could not find operation ${operation}`);
      const name = new QueryInput(request).required('InstanceProfileName');
      return queryReply(operation, { InstanceProfile: profileXml(world, name) }, namespace);
    },
    refuse: queryRefusal,
    refusals: queryRefusals,
  };
}

function profileXml({ instanceProfiles = [], accountId }: AwsWorld, name: string): Xml {
  if (!instanceProfiles.includes(name))
    throw new ServiceError(404, 'NoSuchEntity', `Instance Profile ${name} cannot be found.`);
  return {
    Path: '/',
    InstanceProfileName: name,
    InstanceProfileId: 'AIPASIMULATED',
    Arn: `arn:aws:iam::${accountId}:instance-profile/${name}`,
    CreateDate: new Date(0),
    Roles: {},
  };
}
