/** Where the instance metadata service is: the endpoints to try, best first. */
import { ConfigError } from '../../errors.ts';

const endpointVariable = 'AWS_EC2_METADATA_SERVICE_ENDPOINT';
const modeVariable = 'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE';

// EC2 user guide, "Access instance metadata": both link-local addresses; the second on Nitro only, and off by default.
const ipv4 = 'http://169.254.169.254';
const ipv6 = 'http://[fd00:ec2::254]';

/**
 * The endpoints that an environment names, each an origin without a trailing slash. Where it names none, both link-local
 * addresses: they are raced. Throws ConfigError where a variable holds something else than it may.
 */
export function metadataEndpoints(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const endpoint = env[endpointVariable]?.trim();
  if (endpoint) return [originOf(endpoint)];
  const mode = env[modeVariable]?.trim();
  if (!mode) return [ipv4, ipv6];
  if (mode.toLowerCase() === 'ipv4') return [ipv4];
  if (mode.toLowerCase() === 'ipv6') return [ipv6];
  throw new ConfigError(
    `${modeVariable} must be IPv4 or IPv6, and is "${mode}": change or unset it`,
  );
}

function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isOrigin =
    url?.protocol === 'http:' &&
    url.pathname === '/' &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (url === undefined || !isOrigin) {
    throw new ConfigError(
      `${endpointVariable} must be an http address without a path, like http://127.0.0.1:1338, and is "${endpoint}": change or unset it`,
    );
  }
  return url.origin;
}
