import { createServer, type RequestListener, type Server } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
} from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { StepError } from '../../src/errors.ts';
import { ask } from '../../src/health/ask.ts';
import { matches } from '../../src/health/matcher.ts';
import type { RunOptions } from '../../src/host/host.ts';
import { command, host, http, tcp } from './probes.ts';

const servers: (Server | TcpServer)[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listening<S extends Server | TcpServer>(server: S): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const serving = (listener: RequestListener) => listening(createServer(listener));

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  servers.pop();
  return port;
}

const soon = () => AbortSignal.timeout(5_000);

describe('http', () => {
  test('asks for the path with the Host header, on a connection of its own', async () => {
    const seen: unknown[] = [];
    const port = await serving((request, response) => {
      const { method, url, headers } = request;
      seen.push([method, url, headers.host, headers.connection]);
      response.end('x'.repeat(100_000));
    });
    const probe = http(port, { path: '/health?deep=1', host: 'shop.internal' });
    expect(await ask(probe, host(), soon())).toEqual({ ok: true, detail: 'answered 200' });
    expect(seen).toEqual([['GET', '/health?deep=1', 'shop.internal', 'close']]);
  });

  test('a code that is not wanted is told beside what was wanted; redirects are not followed', async () => {
    const port = await serving((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await ask(http(port), host(), soon())).toEqual({
      ok: false,
      detail: 'answered 302, wanted 200',
    });
    expect(await ask(http(port, { codes: '200-399' }), host(), soon())).toMatchObject({ ok: true });
  });

  test('goes where the host says the port is reached, and speaks of the port of the role', async () => {
    const port = await serving((_request, response) => response.end());
    const moved = new Map([[8080, port]]);
    expect(await ask(http(8080), host(undefined, moved), soon())).toMatchObject({ ok: true });
    const nowhere = new Map([[8080, await closedPort()]]);
    expect(await ask(http(8080), host(undefined, nowhere), soon())).toEqual({
      ok: false,
      detail: 'connection refused on port 8080: nothing listens',
    });
  });

  test('a connection closed without an answer, or in the middle of one', async () => {
    const silent = await serving((request) => request.socket.destroy());
    const detail = (port: number) =>
      `connection on port ${port} closed before the answer was complete`;
    expect(await ask(http(silent), host(), soon())).toEqual({ ok: false, detail: detail(silent) });
    const torn = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part', () => response.socket?.resetAndDestroy());
    });
    expect(await ask(http(torn), host(), soon())).toEqual({ ok: false, detail: detail(torn) });
  });

  test('what is no HTTP is told in the words of the parser', async () => {
    const port = await listening(
      createTcpServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('SSH-2.0-OpenSSH\r\n'),
      ),
    );
    const answer = await ask(http(port), host(), soon());
    expect(answer.ok).toBe(false);
    expect(answer.detail).toMatch(`no answer on port ${port}: Parse Error`);
  });

  test.each([
    ['no answer at all', (() => undefined) as RequestListener],
    ['a body that never ends', (_request, response) => void response.write('drip')],
  ] as [string, RequestListener][])('%s ends with the signal', async (_name, listener) => {
    const stop = new AbortController();
    const reason = new StepError('enough');
    const port = await serving((request, response) => {
      listener(request, response);
      setTimeout(() => stop.abort(reason), 50);
    });
    await expect(ask(http(port), host(), stop.signal)).rejects.toBe(reason);
  });
});

describe('tcp', () => {
  test('a connection is enough', async () => {
    const port = await listening(
      createTcpServer((socket) => socket.on('error', () => undefined).resume()),
    );
    expect(await ask(tcp(port), host(), soon())).toEqual({ ok: true, detail: 'connected' });
  });

  test('refused', async () => {
    const port = await closedPort();
    expect(await ask(tcp(port), host(), soon())).toEqual({
      ok: false,
      detail: `connection refused on port ${port}: nothing listens`,
    });
  });

  test('aborted before it began, and while connecting', async () => {
    const reason = new StepError('enough');
    await expect(ask(tcp(1), host(), AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const asked = ask(tcp(await closedPort()), host(), stop.signal);
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('command', () => {
  const finishing = (exitCode: number, stdout: string, stderr: string, timedOut = false) => {
    const asked: [readonly string[], RunOptions | undefined][] = [];
    const machine = host(async (argv, options) => {
      asked.push([argv, options]);
      return { exitCode, stdout, stderr, timedOut };
    });
    return { machine, asked };
  };

  test('exit code 0 is healthy; it gets the time of one try', async () => {
    const { machine, asked } = finishing(0, 'fine\n', '');
    const probe = command(['/usr/bin/check', '-q'], { timeoutSeconds: 3 });
    expect(await ask(probe, machine, soon())).toEqual({ ok: true, detail: 'exit code 0' });
    expect(asked[0]?.[0]).toEqual(['/usr/bin/check', '-q']);
    expect(asked[0]?.[1]).toMatchObject({ timeoutSeconds: 3 });
  });

  test.each([
    ['the last line of stderr', '', 'one\ntwo\n', 'exit code 2: two'],
    ['that of stdout otherwise', 'out\n', '', 'exit code 2: out'],
    ['nothing said', '', '', 'exit code 2'],
  ])('another is told with %s', async (_name, stdout, stderr, detail) => {
    const { machine } = finishing(2, stdout, stderr);
    expect(await ask(command(['x']), machine, soon())).toEqual({ ok: false, detail });
  });

  test('one that takes too long', async () => {
    const { machine } = finishing(0, '', '', true);
    expect(await ask(command(['x']), machine, soon())).toEqual({
      ok: false,
      detail: 'no answer within 1 s',
    });
  });
});

test('codes as a target group spells them', () => {
  const wanted = (codes: string) =>
    [199, 200, 204, 299, 300].filter((code) => matches(codes, code));
  expect(wanted('200')).toEqual([200]);
  expect(wanted('200,204')).toEqual([200, 204]);
  expect(wanted('200-299')).toEqual([200, 204, 299]);
  expect(wanted('199,204-300')).toEqual([199, 204, 299, 300]);
});
