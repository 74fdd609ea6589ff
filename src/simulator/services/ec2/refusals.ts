/** What EC2 refuses, in its own codes (EC2 API reference, error codes). */
import type { QueryInput } from '../query.ts';
import { ServiceError } from '../service.ts';

/** By the prefix of the id: the code, and what the message calls it. */
const kinds: Readonly<Record<string, readonly [code: string, what: string]>> = {
  i: ['InvalidInstanceID', 'instance ID'],
  ami: ['InvalidAMIID', 'image id'],
  snap: ['InvalidSnapshot', 'snapshot'],
  vol: ['InvalidVolume', 'volume'],
  sg: ['InvalidGroup', 'security group'],
  key: ['InvalidKeyPair', 'key pair'],
  subnet: ['InvalidSubnetID', 'subnet ID'],
  vpc: ['InvalidVpcID', 'vpc ID'],
};

export function refused(code: string, message: string): ServiceError {
  return new ServiceError(400, code, message);
}

export function notFound(...ids: readonly string[]): ServiceError {
  const [code, what] = kinds[ids[0]?.split('-')[0] ?? ''] ?? ['InvalidID', 'ID'];
  const some = ids.length > 1 ? `${what}s '${ids.join(', ')}' do` : `${what} '${ids[0]}' does`;
  return refused(`${code}.NotFound`, `The ${some} not exist`);
}

export function wrongValue(message: string): ServiceError {
  return refused('InvalidParameterValue', message);
}

/** A parameter without which the operation is refused. */
export function parameter(input: QueryInput, name: string): string {
  const value = input.text(name);
  if (value) return value;
  throw refused('MissingParameter', `The request must contain the parameter ${name}`);
}
