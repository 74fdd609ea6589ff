/** Advice: what the failures of the metadata service mean on EC2, and where a person can change it. */
import { ConfigError, UnavailableError } from '../../errors.ts';
import type { FailedAttempt } from './failed-attempt.ts';

/** 403 (EC2 user guide, "Access instance metadata"): forbidden, or the service is switched off for this instance. */
export function switchedOff(cause: FailedAttempt): ConfigError {
  return new ConfigError(
    `Instance metadata is switched off for this instance: ${cause.message}. Wanted HttpEndpoint=enabled in its metadata options; change it in the launch template (MetadataOptions) or by "aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled". A proxy in between (X-Forwarded-For) is refused in the same way.`,
    { cause },
  );
}

/** The deadline has passed without an answer. `last` is the last failure, where one attempt came to its end. */
export function deadlineReached(
  key: string,
  endpoints: readonly string[],
  deadlineMs: number,
  last: FailedAttempt | undefined,
): UnavailableError {
  const wanted = `Instance metadata: wanted ${key} from ${endpoints.join(' or ')}, and got none in ${deadlineMs / 1000} s`;
  const found = last === undefined ? '' : ` (last: ${last.message})`;
  return new UnavailableError(`${wanted}${found}. ${reasonFor(last)}`, { cause: last });
}

function reasonFor(last: FailedAttempt | undefined): string {
  switch (last?.kind) {
    case 'silent':
      // EC2 user guide, "Configure the Instance Metadata Service options": the limit is on the answer to the PUT alone.
      return 'A connection that opens and stays silent is the sign of the hop limit: in a container or behind a bridge the answer needs HttpPutResponseHopLimit 2 or more. Change it in the launch template (MetadataOptions) or by "aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2", or run the agent in the network of the host.';
    case 'refused':
    case 'unreachable':
    case 'unconnected':
      return 'On an instance, look for a firewall rule, a missing route to the link-local address or a metadata proxy that is not up; anywhere else, name an endpoint by AWS_EC2_METADATA_SERVICE_ENDPOINT.';
    default:
      return 'It answers, but not well: it may be overloaded by other programs of this instance (ethtool -S: linklocal_allowance_exceeded).';
  }
}
