/** A request to a simulated AWS service: read whole, with its signature taken apart. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface SimulatedRequest {
  readonly method: string;
  /** Decoded path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Absent on an unsigned request. */
  readonly signature?: Signature;
}

/** The parts of a Signature Version 4 Authorization header that the simulator looks at; the signature itself is not computed. */
export interface Signature {
  readonly accessKeyId: string;
  readonly region: string;
  /** From the credential scope: `s3`, `secretsmanager`, `autoscaling`, `ec2`, `elasticloadbalancing`. */
  readonly service: string;
  readonly sessionToken?: string;
  /** X-Amz-Date, milliseconds since the epoch. */
  readonly signedAt: number;
}

export async function readRequest(incoming: IncomingMessage): Promise<SimulatedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://simulated');
  const signature = signatureOf(incoming.headers);
  return {
    method: incoming.method ?? 'GET',
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
    ...(signature && { signature }),
  };
}

/** A header's value, also where Node gives a list. */
export function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function signatureOf(headers: IncomingHttpHeaders): Signature | undefined {
  const scope = /Credential=([^/,\s]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/.exec(
    headers.authorization ?? '',
  );
  const signedAt = amzDate(header(headers, 'x-amz-date') ?? '');
  if (scope === null || signedAt === undefined) return undefined;
  const [, accessKeyId = '', , region = '', service = ''] = scope;
  const sessionToken = header(headers, 'x-amz-security-token');
  return { accessKeyId, region, service, signedAt, ...(sessionToken && { sessionToken }) };
}

/** `20260102T030405Z` as milliseconds since the epoch. */
function amzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
