/** The instance identity document: the facts that EC2 signs, read out of its JSON. */
import { ConfigError, UnavailableError } from '../errors.ts';
import type { Facts } from './identity.ts';

export type DocumentFacts = Pick<
  Facts,
  | 'instance_id'
  | 'instance_type'
  | 'instance_size'
  | 'instance_family'
  | 'architecture'
  | 'zone'
  | 'region'
  | 'account_id'
  | 'image_id'
  | 'private_ipv4'
>;

/**
 * The facts in a document as the metadata service gives it. Throws UnavailableError where it is cut off or lacks a field,
 * ConfigError for an architecture that the agent does not run on.
 */
export function factsInDocument(text: string): DocumentFacts {
  const fields = fieldsOf(text);
  const field = (name: string): string => {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    throw broken(`no ${name}`);
  };
  const instanceType = field('instanceType');
  const [family = '', size = ''] = instanceType.split('.', 2);
  return {
    instance_id: field('instanceId'),
    instance_type: instanceType,
    instance_size: size,
    instance_family: family,
    architecture: architectureOf(field('architecture')),
    zone: field('availabilityZone'),
    region: field('region'),
    account_id: field('accountId'),
    image_id: field('imageId'),
    // Null in a subnet of IPv6 alone.
    private_ipv4: typeof fields.privateIp === 'string' ? fields.privateIp : '',
  };
}

/** `pendingTime` of the document, ISO 8601: when EC2 last started the instance. Undefined where it is not there. */
export function pendingTimeIn(text: string): string | undefined {
  const { pendingTime } = fieldsOf(text);
  return typeof pendingTime === 'string' && pendingTime !== '' ? pendingTime : undefined;
}

function architectureOf(found: string): Facts['architecture'] {
  if (found === 'x86_64' || found === 'arm64') return found;
  throw new ConfigError(
    `The architecture of this instance is ${found}; wanted x86_64 or arm64. Choose another instance type or image`,
  );
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch (error) {
    throw broken('not JSON', error);
  }
  throw broken('not a JSON object');
}

function broken(what: string, cause?: unknown): UnavailableError {
  return new UnavailableError(
    `The instance identity document from the metadata service is not usable: ${what}`,
    { cause },
  );
}
