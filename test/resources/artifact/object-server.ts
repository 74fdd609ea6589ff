/** A loopback server of objects and an ObjectStore that reads from it, with the faults that a test asks for. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ObjectAddress, ObjectChangedError, type ObjectStore } from '../../../src/aws/aws.ts';
import { ConfigError, UnavailableError } from '../../../src/errors.ts';

export interface ServedObject {
  bytes: Buffer;
  etag: string;
}

export interface Request {
  readonly key: string;
  readonly from: number;
  /** Byte behind the last one asked for; undefined: to the end. */
  readonly to: number | undefined;
  readonly ifMatch: string | undefined;
}

export interface ObjectServer {
  readonly store: ObjectStore;
  readonly objects: Map<string, ServedObject>;
  /** Requests as they came. */
  readonly requests: Request[];
  /**
   * Asked at each request: after how many bytes of the answer the connection is cut, or a status to answer with instead. Undefined:
   * the whole answer.
   */
  fault: ((request: Request, count: number) => number | { status: number } | undefined) | undefined;
  /** Size of the pieces that the body comes in; undefined: as the socket gives them. */
  pieces: number | undefined;
  close(): Promise<void>;
}

export async function objectServer(): Promise<ObjectServer> {
  const objects = new Map<string, ServedObject>();
  const requests: Request[] = [];
  const listener = http.createServer((incoming, answer) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(incoming.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Number(range[2]) + 1 : undefined;
    const key = decodeURIComponent((incoming.url ?? '').slice(1));
    const request = { key, from, to, ifMatch: incoming.headers['if-match'] };
    requests.push(request);
    const object = objects.get(key);
    const fault = server.fault?.(request, requests.length);
    if (object === undefined) answer.writeHead(404).end();
    else if (typeof fault === 'object') answer.writeHead(fault.status).end();
    else if (request.ifMatch !== undefined && request.ifMatch !== object.etag) {
      answer.writeHead(412).end();
    } else {
      const body = object.bytes.subarray(from, to);
      answer.writeHead(range === null ? 200 : 206, {
        etag: object.etag,
        'content-length': body.length,
        'x-size': object.bytes.length,
      });
      if (fault === undefined) answer.end(body);
      else answer.write(body.subarray(0, fault), () => setImmediate(() => answer.destroy()));
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true });
  const server: ObjectServer = {
    objects,
    requests,
    fault: undefined,
    pieces: undefined,
    store: {
      open: async (address, options = {}) => {
        const headers: Record<string, string> = {};
        const { from = 0, to } = options;
        if (from > 0 || to !== undefined)
          headers.range = `bytes=${from}-${to === undefined ? '' : to - 1}`;
        if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
        const answer = await get(port, address, headers, agent, options.signal);
        return {
          etag: answer.headers.etag ?? '',
          size: Number(answer.headers['x-size']),
          end: from + Number(answer.headers['content-length']),
          body: bodyOf(answer, server.pieces, options.signal),
        };
      },
      read: () => Promise.reject(new Error('not part of these tests')),
    },
    close: () => {
      agent.destroy();
      listener.closeAllConnections();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
  return server;
}

function get(
  port: number,
  address: ObjectAddress,
  headers: Record<string, string>,
  agent: http.Agent,
  signal?: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const path = `/${encodeURIComponent(address.key)}`;
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent });
    const stop = () => request.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    request.on('close', () => signal?.removeEventListener('abort', stop));
    request.on('error', (error) => {
      reject(signal?.aborted ? signal.reason : new UnavailableError(error.message));
    });
    request.on('response', (answer) => {
      const { statusCode = 0 } = answer;
      // An abort after the last byte was read: nobody waits for the body any more.
      answer.on('error', () => undefined);
      if (statusCode < 300) return resolve(answer);
      answer.resume();
      if (statusCode === 412) return reject(new ObjectChangedError('412'));
      if (statusCode === 404) return reject(new ConfigError('there is no such key'));
      reject(new UnavailableError(`status ${statusCode}`));
    });
  });
}

/** As a real store may: every chunk lies in one buffer that is overwritten by the next. */
async function* bodyOf(
  answer: http.IncomingMessage,
  pieces: number | undefined,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const reused = Buffer.alloc(pieces ?? 1 << 16);
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += reused.length) {
        const size = chunk.copy(reused, 0, at);
        yield reused.subarray(0, size);
        reused.fill(0xaa);
      }
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new UnavailableError('the connection broke', { cause: error });
  }
}
