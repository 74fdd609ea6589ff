/** The simulated instance metadata service: IMDSv2 on loopback, as strict as the real one. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock.ts';
import type { Fault } from '../fault.ts';
import { type Answer, answerWith, faultsFor } from '../faulty.ts';
import type { Pace } from '../time/pace.ts';
import {
  metadataOf,
  type SimulatedCredentials,
  type SimulatedInstance,
  simulatedCredentials,
} from './instance.ts';
import { freePort, listen } from './port.ts';
import { type Tokens, tokensBy, wantedTtl } from './tokens.ts';
import { type MetadataTree, metadataTree } from './tree.ts';
import { versionedKey, versions } from './versions.ts';

export interface MetadataService {
  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  readonly url: string;
  /** Every request received, in order; see MetadataRequest. */
  readonly requests: readonly MetadataRequest[];
  /** What the instance profile hands out. */
  readonly credentials: SimulatedCredentials;
  /** Changes the value at a key below /latest/, or takes it away: a spot notice, a tag, a lifecycle state. */
  set(key: string, value: string | Buffer | undefined): void;
  close(): Promise<void>;
}

export interface MetadataRequest {
  readonly method: string;
  /** Below the version, decoded: `meta-data/instance-id`. */
  readonly key: string;
  /** As sent; 0 where a fault kept the answer from the client. */
  readonly status: number;
  /** When it came: milliseconds since the epoch by the simulator's clock. */
  readonly at: number;
}

export interface MetadataServiceOptions {
  readonly instance: SimulatedInstance;
  readonly userData?: Buffer;
  readonly clock: Clock;
  readonly faults?: readonly Fault[];
  /** Connections are refused until so many milliseconds of the clock have passed. */
  readonly startsAfterMs?: number;
  /** Loopback address to listen on: 127.0.0.1 (default) or ::1. */
  readonly host?: '127.0.0.1' | '::1';
  /** What the instance profile hands out; `simulatedCredentials` when absent. */
  readonly credentials?: SimulatedCredentials;
  /** Where requests take time to arrive. */
  readonly pace?: Pace;
  /** Told of each request once it is answered. */
  readonly answered?: (request: MetadataRequest) => void;
}

/** Starts the service; it listens when this resolves, unless `startsAfterMs` says later. */
export async function startMetadataService(
  options: MetadataServiceOptions,
): Promise<MetadataService> {
  const { instance, userData, clock, host = '127.0.0.1', pace, answered } = options;
  const { credentials = simulatedCredentials } = options;
  const values: Map<string, () => string | Buffer> = metadataOf(instance, clock, credentials);
  if (userData !== undefined && userData.length > 0) values.set('user-data', () => userData);
  const tagsShown = instance.tags_in_metadata !== false;
  const tree = metadataTree(values, tagsShown ? ['meta-data/tags/instance/'] : []);
  const tokens = tokensBy(clock);
  const faults = faultsFor(options.faults ?? [], clock);
  const requests: MetadataRequest[] = [];
  const closing = new AbortController();

  const server = http.createServer(async (request, response) => {
    const { method = '' } = request;
    const from = `${instance.instance_id} imds:${method}:${keyOf(request)}`;
    try {
      await pace?.arrival(from, response, closing.signal);
    } catch {
      response.destroy();
      return;
    }
    const entry = { method, key: keyOf(request), status: 0, at: clock.now() };
    requests.push(entry);
    entry.status = await answerWith({
      response,
      fault: faults.befalling(`imds:${entry.key}`),
      clock,
      signal: closing.signal,
      answer: () => answerTo(request, entry.key, tree, tokens, instance.metadata_tokens),
      refuse: ({ status }) => page(status),
    });
    answered?.(entry);
  });

  let port: number;
  let started: Promise<void> = Promise.resolve();
  if (options.startsAfterMs === undefined) {
    await listen(server, host, 0);
    port = (server.address() as AddressInfo).port;
  } else {
    port = await freePort(host);
    started = clock.sleep(options.startsAfterMs, closing.signal).then(
      () => listen(server, host, port),
      () => undefined,
    );
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    requests,
    credentials,
    set: tree.set,
    async close() {
      closing.abort(new Error('the simulated metadata service is closing'));
      await started;
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The rules of the EC2 user guide, "How Instance Metadata Service Version 2 works", in the order in which they bite. */
function answerTo(
  request: http.IncomingMessage,
  key: string,
  tree: MetadataTree,
  tokens: Tokens,
  wanted: SimulatedInstance['metadata_tokens'] = 'required',
): Answer {
  if (request.method === 'PUT') return answerToPut(request, tokens);
  if (request.method !== 'GET' && request.method !== 'HEAD') return page(405);
  const token = headerOf(request, 'x-aws-ec2-metadata-token');
  const seconds = tokens.secondsLeft(token);
  // A token that is sent must be good, even where none is needed.
  if (seconds === undefined && (token !== undefined || wanted === 'required')) return page(401);
  const path = pathOf(request);
  if (path === '/') return text(versions.join('\n'), seconds);
  if (versionedKey(path) === undefined) return page(404);
  if (key === 'api/token') return page(405);
  const found = tree.get(key);
  if (found === undefined) return page(404);
  return {
    status: 200,
    headers: { 'content-type': found.type, ...tokenTtl(seconds), ...served },
    body: found.bytes,
  };
}

function text(body: string, seconds: number | undefined): Answer {
  const headers = { 'content-type': 'text/plain', ...tokenTtl(seconds), ...served };
  return { status: 200, headers, body };
}

function answerToPut(request: http.IncomingMessage, tokens: Tokens): Answer {
  if (request.headers['x-forwarded-for'] !== undefined) return page(403);
  // A path with a version (/2021-07-15/api/token) is refused too.
  if (request.url !== '/latest/api/token') return page(403);
  const ttl = wantedTtl(headerOf(request, 'x-aws-ec2-metadata-token-ttl-seconds'));
  if (ttl === undefined) return page(400);
  return {
    status: 200,
    headers: { 'content-type': 'text/plain', ...tokenTtl(ttl), ...served },
    body: tokens.issue(ttl),
  };
}

const served = { server: 'EC2ws (simulated)', 'accept-ranges': 'none' };

function tokenTtl(seconds: number | undefined): Record<string, string> {
  if (seconds === undefined) return {};
  return { 'x-aws-ec2-metadata-token-ttl-seconds': String(seconds) };
}

function page(status: number): Answer {
  const title = `${status} - ${http.STATUS_CODES[status] ?? 'Simulated'}`;
  return {
    status,
    headers: { 'content-type': 'text/html', ...served },
    body: `<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`,
  };
}

function headerOf(request: http.IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The key below the version; the path itself where it has none. */
function keyOf(request: http.IncomingMessage): string {
  const path = pathOf(request);
  return versionedKey(path)?.key ?? path.replace(/^\//, '');
}

function pathOf(request: http.IncomingMessage): string {
  return (request.url ?? '/').replace(/\?.*$/, '');
}
