/** The connection to a metadata service: one request, one answer or a FailedAttempt; nothing is retried here. */
import type http from 'node:http';
import { type Clock, deadlineSignal } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { Tell } from '../../events.ts';
import { FailedAttempt, type FailureKind } from './failed-attempt.ts';

export interface Connection {
  /** Requests sent so far. */
  readonly requests: number;
  /** Throws FailedAttempt where no whole answer came within `timeoutMs`; the reason of `signal` when that aborted first. */
  send(request: Request): Promise<Reply>;
  close(): void;
}

export interface Request {
  readonly method: 'GET' | 'PUT';
  /** An origin: `http://127.0.0.1:1338`, `http://[fd00:ec2::254]`. */
  readonly endpoint: string;
  /** Below /latest/, not encoded. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

// Metadata values are a few kilobytes and user data is 16 KiB; whatever sends more is no metadata service.
const longestBody = 1024 * 1024;

/** Opens nothing yet: connections are made by the first request, kept alive and shared. Tells of every answer. */
export function connectionBy(clock: Clock, tell: Tell): Connection {
  // An import of node:http would load undici at start-up, which this path never needs.
  const { Agent, request: httpRequest } = process.getBuiltinModule('node:http');
  // An agent of our own is never a proxy's, whatever NODE_USE_ENV_PROXY says. The service limits simultaneous connections.
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let requests = 0;

  async function send(request: Request): Promise<Reply> {
    request.signal.throwIfAborted();
    requests += 1;
    const late = new Error('no whole answer in time');
    const { signal, release } = deadlineSignal(clock, request.timeoutMs, late, request.signal);
    const startedAt = clock.monotonic();
    try {
      const reply = await exchange(request, signal);
      const ms = Math.round((clock.monotonic() - startedAt) * 10) / 10;
      tell({ type: 'metadata-answered', key: request.key, status: reply.status, ms });
      return reply;
    } finally {
      release();
    }
  }

  function exchange(request: Request, signal: AbortSignal): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const at = new URL(request.endpoint);
      let progress: FailureKind = 'unconnected';
      const sent = httpRequest({
        agent,
        // URL keeps the brackets of an IPv6 address, connect() does not want them.
        host: at.hostname.replace(/^\[|\]$/g, ''),
        port: at.port || 80,
        method: request.method,
        path: pathOf(request.key),
        headers: request.headers,
      });
      const settle = () => signal.removeEventListener('abort', onAbort);
      const fail = (error: unknown) => {
        settle();
        sent.destroy();
        reject(error);
      };
      const onAbort = () => {
        fail(request.signal.aborted ? request.signal.reason : tooLate(progress, request));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      sent.on('error', (error) => fail(failureOf(error, request)));
      sent.on('socket', (socket) => {
        const connected = () => {
          progress = 'silent';
        };
        if (socket.connecting) socket.once('connect', connected);
        else connected();
      });
      sent.on('response', (response) => {
        progress = 'slow';
        const { statusCode: status = 0, headers } = response;
        bodyOf(response, request).then((body) => {
          settle();
          resolve({ status, headers, body });
        }, fail);
      });
      sent.end();
    });
  }

  return {
    get requests() {
      return requests;
    },
    send,
    close: () => agent.destroy(),
  };
}

/** The path of a key: colons, `=`, `@`, `+` and commas are legal in a path and stay as they are. */
function pathOf(key: string): string {
  const segments = key
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(/%(3A|3D|40|2B|2C)/g, (code) => decodeURIComponent(code)),
    );
  return `/latest/${segments.join('/')}`;
}

function bodyOf(response: http.IncomingMessage, request: Request): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    response.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > longestBody) {
        reject(
          new FailedAttempt('broken', `${request.endpoint} sent more than ${longestBody} bytes`),
        );
      }
    });
    // Also where the body ends before its Content-Length.
    response.on('error', (error) => reject(failureOf(error, request)));
    response.on('end', () => resolve(Buffer.concat(pieces)));
  });
}

function tooLate(progress: FailureKind, { endpoint, timeoutMs }: Request): FailedAttempt {
  const within = `within ${timeoutMs / 1000} s`;
  if (progress === 'unconnected') {
    return new FailedAttempt(progress, `no connection to ${endpoint} ${within}`);
  }
  if (progress === 'silent')
    return new FailedAttempt(progress, `no answer from ${endpoint} ${within}`);
  return new FailedAttempt('slow', `the answer from ${endpoint} was not complete ${within}`);
}

/** The error itself is not kept: a parser's error holds the bytes that came, and they may hold a token. */
function failureOf(error: unknown, { endpoint }: Request): FailedAttempt {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNREFUSED') {
    return new FailedAttempt('refused', `${endpoint} refused the connection`);
  }
  if (/^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN|EAFNOSUPPORT)$/.test(code)) {
    return new FailedAttempt('unreachable', `${endpoint} cannot be reached (${code})`);
  }
  const what = code.startsWith('HPE_') ? 'did not answer in HTTP' : 'broke the connection';
  return new FailedAttempt('broken', `${endpoint} ${what} (${code || messageOf(error)})`);
}
