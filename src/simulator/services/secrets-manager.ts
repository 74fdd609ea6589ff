/** Simulated Secrets Manager: GetSecretValue, BatchGetSecretValue and DescribeSecret, by JSON 1.1. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { header, type SimulatedRequest } from './request.ts';
import { type Reply, type Service, type ServiceCall, ServiceError } from './service.ts';
import type { AwsWorld, SimulatedSecret } from './world.ts';

export function secretsManager(world: AwsWorld, clock: Clock): Service {
  const created = clock.now() / 1000;
  const known = Object.entries(world.secrets).map(([name, secret]) => ({
    name,
    secret,
    arn: secret.arn ?? arnFor(world, name),
  }));
  const find = (id: string): Known => {
    const found = known.find(
      (one) => one.name === id || one.arn === id || one.arn.slice(0, -7) === id,
    );
    if (found !== undefined) return found;
    throw refusedNotFound("Secrets Manager can't find the specified secret.");
  };
  return {
    name: (request) => {
      const input = inputOf(request);
      const { SecretId: id, SecretIdList: ids } = input;
      return {
        operation: header(request.headers, 'x-amz-target')?.split('.')[1] ?? 'Unknown',
        subject: Array.isArray(ids) ? ids.join(',') : String(id ?? ''),
      };
    },
    perform: (call) => {
      const input = inputOf(call.request);
      switch (call.operation) {
        case 'GetSecretValue':
          return json(secretValue(find(call.subject), stageOf(input), input.VersionId, created));
        case 'BatchGetSecretValue':
          return json(batch(call, input, find, created));
        case 'DescribeSecret': {
          const { name, arn, secret } = find(call.subject);
          return json({ Name: name, ARN: arn, VersionIdsToStages: stagesOf(name, secret) });
        }
        default:
          throw new ServiceError(400, 'UnknownOperationException', 'Not simulated');
      }
    },
    refuse: ({ status, code, message }) => ({
      status,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({
        __type: code ?? (status >= 500 ? 'InternalServiceError' : 'ThrottlingException'),
        Message: message ?? 'Rate exceeded (simulated)',
      }),
    }),
    refusals: {
      unsigned: { status: 400, code: 'MissingAuthenticationTokenException' },
      stranger: { status: 400, code: 'UnrecognizedClientException' },
      skewed: { status: 400, code: 'InvalidSignatureException' },
      denied: { status: 400, code: 'AccessDeniedException' },
    },
  };
}

interface Known {
  readonly name: string;
  readonly secret: SimulatedSecret;
  readonly arn: string;
}

/** At most 20 ids; what fails for one secret is told in Errors of a 200 (Secrets Manager API reference, BatchGetSecretValue). */
function batch(
  call: ServiceCall,
  input: Readonly<Record<string, unknown>>,
  find: (id: string) => Known,
  created: number,
): unknown {
  const ids = Array.isArray(input.SecretIdList) ? input.SecretIdList.map(String) : [];
  if (ids.length === 0 || ids.length > 20) {
    throw new ServiceError(
      400,
      'ValidationException',
      `1 validation error detected: Value at 'secretIdList' failed to satisfy constraint: Member must have length between 1 and 20; it has ${ids.length}`,
    );
  }
  const values: unknown[] = [];
  const errors: unknown[] = [];
  for (const id of ids) {
    try {
      if (!call.allows('GetSecretValue', id)) {
        throw new ServiceError(
          400,
          'AccessDeniedException',
          `User is not authorized to perform: secretsmanager:GetSecretValue on resource: ${id} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
        );
      }
      values.push(secretValue(find(id), 'AWSCURRENT', undefined, created));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      errors.push({ SecretId: id, ErrorCode: error.code, Message: error.message });
    }
  }
  return { SecretValues: values, Errors: errors };
}

function secretValue(known: Known, stage: string, versionId: unknown, created: number): unknown {
  const { name, secret, arn } = known;
  if (secret.deleted === true) {
    throw new ServiceError(
      400,
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  }
  const version =
    stage === 'AWSCURRENT'
      ? { value: secret.value, versionId: secret.versionId }
      : secret.stages?.[stage];
  const id = version?.versionId ?? versionIdFor(name, stage);
  if (version === undefined || (versionId !== undefined && versionId !== id)) {
    throw refusedNotFound(
      `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
    );
  }
  const { value } = version;
  return {
    ARN: arn,
    Name: name,
    VersionId: id,
    VersionStages: [stage],
    CreatedDate: created,
    ...(typeof value === 'string'
      ? { SecretString: value }
      : { SecretBinary: value.toString('base64') }),
  };
}

function stagesOf(name: string, secret: SimulatedSecret): Record<string, string[]> {
  const versions = { AWSCURRENT: { versionId: secret.versionId }, ...secret.stages };
  return Object.fromEntries(
    Object.entries(versions).map(([stage, version]) => [
      version.versionId ?? versionIdFor(name, stage),
      [stage],
    ]),
  );
}

function stageOf(input: Readonly<Record<string, unknown>>): string {
  return String(input.VersionStage ?? 'AWSCURRENT');
}

function inputOf(request: SimulatedRequest): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(request.body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function json(document: unknown): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(document),
  };
}

function refusedNotFound(message: string): ServiceError {
  return new ServiceError(400, 'ResourceNotFoundException', message);
}

/** Secrets Manager appends a hyphen and six characters to the name. */
function arnFor(world: AwsWorld, name: string): string {
  const six = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `arn:aws:secretsmanager:${world.region}:${world.accountId}:secret:${name}-${six}`;
}

/** Version ids are UUIDs; the simulated ones are the same at every start. */
function versionIdFor(name: string, stage: string): string {
  const hex = createHash('sha256').update(`${name} ${stage}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
