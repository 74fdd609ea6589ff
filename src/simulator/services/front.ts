/** The front of the simulated AWS: finds the service, checks the caller, lets faults befall, keeps the ledger. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../clock.ts';
import { type Answer, answerWith, type Faults } from '../faulty.ts';
import type { Ledger } from '../ledger.ts';
import type { Pace } from '../time/pace.ts';
import { classicVersion } from './classic-balancing.ts';
import type { Limits } from './limits.ts';
import { readRequest, type SimulatedRequest } from './request.ts';
import { type FileSpan, type Reply, type Service, ServiceError } from './service.ts';

export interface Front {
  /** By the name used in faults and in the ledger. */
  readonly services: Readonly<
    Record<'s3' | 'secretsmanager' | 'autoscaling' | 'ec2' | 'elbv2' | 'elb' | 'iam', Service>
  >;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly denied: Faults;
  readonly accepts: (accessKeyId: string, sessionToken: string | undefined) => boolean;
  readonly signal: AbortSignal;
  /** Where calls take time to arrive. */
  readonly pace?: Pace;
  /** Where the account has API limits. */
  readonly limits?: Limits;
}

/** AWS refuses a signature whose date is further from its own clock (S3 API reference, RequestTimeTooSkewed). */
const greatestSkewMs = 15 * 60 * 1000;

export function front(options: Front): (i: IncomingMessage, r: ServerResponse) => Promise<void> {
  return async (incoming, response) => {
    // The client went away while sending or while being answered: nothing is left to say to it.
    response.on('error', () => undefined);
    incoming.on('error', () => undefined);
    const request = await readRequest(incoming).catch(() => undefined);
    if (request === undefined) {
      response.destroy();
      return;
    }
    response.setHeader('server', 'bootstrap-agent-simulator (simulated AWS)');
    response.setHeader('date', new Date(options.clock.now()).toUTCString());
    response.setHeader('x-amzn-requestid', requestId);
    response.setHeader('x-amz-request-id', requestId);
    await answer(options, request, response);
  };
}

const requestId = '00000000-0000-4000-8000-51a01a7ed000';

async function answer(
  options: Front,
  request: SimulatedRequest,
  response: ServerResponse,
): Promise<void> {
  const { ledger, clock, faults, signal } = options;
  // An unsigned request names no service; S3 is the one that answers such requests (public objects).
  const name = isClassic(request) ? 'elb' : serviceNames[request.signature?.service ?? 's3'];
  if (name === undefined) {
    response.writeHead(501, { 'content-type': 'text/plain' });
    response.end(`The simulated AWS has no service ${request.signature?.service}\n`);
    return;
  }
  const service = options.services[name];
  const { operation, subject, action = operation } = service.name(request);
  const caller = request.signature?.accessKeyId;
  const from = `${caller} ${name}:${operation}:${subject}`;
  try {
    await options.pace?.arrival(from, response, signal);
  } catch {
    response.destroy();
    return;
  }
  const refused = beyondLimits(options.limits, name, operation, subject);
  const answered = ledger.enter({
    service: name,
    operation,
    subject,
    at: clock.now(),
    ...(caller !== undefined && { caller }),
    ...(refused !== undefined && { throttled: true }),
  });
  if (refused !== undefined) {
    const reply = refusal(service, refused);
    const { refuse } = service;
    const answer = () => reply;
    answered(await answerWith({ response, fault: undefined, clock, answer, refuse, signal }));
    return;
  }
  const fault = faults.befalling(`${name}:${operation}:${subject}`);
  const allows = (action: string, on: string) =>
    options.denied.befalling(`${name}:${action}:${on}`) === undefined;
  const perform = async (): Promise<Reply> => {
    try {
      checkCaller(options, service, request);
      for (const one of new Set([operation, action])) {
        if (!allows(one, subject)) throw denial(service, name, one, subject);
      }
      return await service.perform({ request, operation, subject, allows });
    } catch (error) {
      if (error instanceof ServiceError) return refusal(service, error);
      const text = error instanceof Error ? error.stack : error;
      return refusal(service, new ServiceError(500, 'InternalError', `Simulator: ${text}`));
    }
  };
  if (fault === undefined) {
    const reply = await perform();
    if (reply.file !== undefined) {
      answered(reply.status);
      return stream(response, reply, reply.file, request.method);
    }
    answered(
      await answerWith({
        response,
        fault,
        clock,
        answer: () => reply,
        refuse: service.refuse,
        signal,
      }),
    );
    return;
  }
  // A fault may change any byte of the body, so a file's span is loaded for it.
  const loaded = async () => {
    const reply = await perform();
    return reply.file === undefined ? reply : { ...reply, body: await load(reply.file) };
  };
  answered(
    await answerWith({ response, fault, clock, answer: loaded, refuse: service.refuse, signal }),
  );
}

function beyondLimits(
  limits: Limits | undefined,
  name: string,
  operation: string,
  subject: string,
): ServiceError | undefined {
  try {
    limits?.take(name, operation, subject);
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
}

const serviceNames: Readonly<Record<string, keyof Front['services']>> = {
  s3: 's3',
  secretsmanager: 'secretsmanager',
  autoscaling: 'autoscaling',
  ec2: 'ec2',
  elasticloadbalancing: 'elbv2',
  iam: 'iam',
};

/** Classic load balancers and target groups share the endpoint and the name that requests are signed for. */
function isClassic({ signature, body }: SimulatedRequest): boolean {
  return (
    signature?.service === 'elasticloadbalancing' &&
    new URLSearchParams(body.toString('utf8')).get('Version') === classicVersion
  );
}

function checkCaller(options: Front, service: Service, request: SimulatedRequest): void {
  const { signature } = request;
  if (signature === undefined) {
    const { status, code } = service.refusals.unsigned;
    throw new ServiceError(status, code, 'Request is missing Authentication Token (simulated)');
  }
  if (!options.accepts(signature.accessKeyId, signature.sessionToken)) {
    const { status, code } = service.refusals.stranger;
    throw new ServiceError(status, code, 'The security token included in the request is invalid.');
  }
  if (Math.abs(options.clock.now() - signature.signedAt) > greatestSkewMs) {
    const { status, code } = service.refusals.skewed;
    const signed = new Date(signature.signedAt).toISOString();
    const now = new Date(options.clock.now()).toISOString();
    throw new ServiceError(
      status,
      code,
      `The difference between the request time and the current time is too large: signed ${signed}, now ${now}.`,
    );
  }
}

function denial(service: Service, name: string, operation: string, subject: string): ServiceError {
  const { status, code } = service.refusals.denied;
  return new ServiceError(
    status,
    code,
    `User is not authorized to perform: ${name}:${operation} on resource: ${subject} because no identity-based policy allows the ${name}:${operation} action`,
  );
}

function refusal(service: Service, error: ServiceError): Answer {
  const { status, code, message } = error;
  const answer = service.refuse({ status, code, message });
  return { ...answer, headers: { ...answer.headers, ...error.headers } };
}

async function stream(
  response: ServerResponse,
  reply: Reply,
  span: FileSpan,
  method: string,
): Promise<void> {
  response.writeHead(reply.status, { 'content-length': String(span.length), ...reply.headers });
  if (method === 'HEAD' || span.length === 0) return void response.end();
  const file = createReadStream(span.path, { start: span.from, end: span.from + span.length - 1 });
  // Rejects when the client hangs up in the middle, which is its right.
  await pipeline(file, response).catch(() => response.destroy());
}

async function load(span: FileSpan): Promise<Buffer> {
  const file = await open(span.path);
  try {
    const bytes = Buffer.alloc(span.length);
    await file.read(bytes, 0, span.length, span.from);
    return bytes;
  } finally {
    await file.close();
  }
}
