/** Where each AWS service is reached: the standard variables of AWS's SDKs, else the SDK's own endpoint for the region. */
import { ConfigError } from '../errors.ts';

/** The services that the agent calls; `elb` has the classic load balancers. */
export type ServiceName = 's3' | 'secretsmanager' | 'autoscaling' | 'ec2' | 'elbv2' | 'elb';

/** Names of the AWS SDKs and tools reference guide, "Service-specific endpoints". */
const variables: Readonly<Record<ServiceName, string>> = {
  s3: 'AWS_ENDPOINT_URL_S3',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  autoscaling: 'AWS_ENDPOINT_URL_AUTO_SCALING',
  ec2: 'AWS_ENDPOINT_URL_EC2',
  elbv2: 'AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2',
  elb: 'AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING',
};

/** The endpoint that `env` names for a service, or undefined. Throws ConfigError where it is not an http(s) URL. */
export function endpointFor(
  service: ServiceName,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const variable = [variables[service], 'AWS_ENDPOINT_URL'].find((name) => env[name]);
  const value = variable && env[variable];
  if (!variable || !value) return undefined;
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new ConfigError(
    `${variable} must be the URL of an endpoint, such as https://vpce-1.s3.eu-west-1.vpce.amazonaws.com; it is ${JSON.stringify(value)}`,
  );
}
