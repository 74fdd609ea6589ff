/** One try of a probe, and its answer in words. */
import type { Host } from '../host/host.ts';
import type { CommandProbe, HttpProbe, Probe, TcpProbe } from '../plan/plan.ts';
import { matches } from './matcher.ts';

export interface Answer {
  readonly ok: boolean;
  /** What came, in words: `answered 200`, `connection refused on port 8080: nothing listens`. */
  readonly detail: string;
}

/**
 * Asks a probe once. A node that is not healthy is an answer; only an abort of the signal, which bounds the whole try,
 * and a command that does not exist are thrown.
 */
export function ask(probe: Probe, host: Host, signal: AbortSignal): Promise<Answer> {
  switch (probe.kind) {
    case 'http':
      return askHttp(probe, host, signal);
    case 'tcp':
      return askTcp(probe, host, signal);
    case 'command':
      return askCommand(probe, host, signal);
  }
}

/** By `node:http` out of the built-in table: an ESM import of it loads undici as well, 15 ms on the way to health. */
function askHttp(probe: HttpProbe, machine: Host, signal: AbortSignal): Promise<Answer> {
  const { request } = process.getBuiltinModule('node:http');
  const { host, port } = machine.reach(probe.port);
  return new Promise((resolve, reject) => {
    // No keep-alive: a load balancer's first check is a new connection too, and a full backlog must show.
    const options = { host, port, path: probe.path, agent: false, signal } as const;
    // No TLS here, so no server name: Node would look by an expression of 4 ms whether the header is an IPv6 address.
    const unnamed = { ...options, servername: '' };
    const sent = request({ ...unnamed, headers: { host: probe.host, connection: 'close' } });
    const onError = (error: Error) => {
      if (signal.aborted) reject(signal.reason);
      else resolve({ ok: false, detail: troubleInWords(error, probe.port) });
    };
    sent.on('error', onError);
    sent.on('response', (response) => {
      const code = response.statusCode ?? 0;
      response.on('error', onError);
      response.on('end', () => {
        const ok = matches(probe.codes, code);
        const detail = ok ? `answered ${code}` : `answered ${code}, wanted ${probe.codes}`;
        resolve({ ok, detail });
      });
      response.resume();
    });
    sent.end();
  });
}

function askTcp(probe: TcpProbe, machine: Host, signal: AbortSignal): Promise<Answer> {
  const { connect } = process.getBuiltinModule('node:net');
  const { host, port } = machine.reach(probe.port);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = connect({ host, port });
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('connect', () => end(() => resolve({ ok: true, detail: 'connected' })));
    socket.on('error', (error) =>
      end(() => resolve({ ok: false, detail: troubleInWords(error, probe.port) })),
    );
  });
}

async function askCommand(probe: CommandProbe, host: Host, signal: AbortSignal): Promise<Answer> {
  const { timeoutSeconds } = probe;
  const { exitCode, stdout, stderr, timedOut } = await host.run(probe.argv, {
    signal,
    timeoutSeconds,
  });
  signal.throwIfAborted();
  if (timedOut) return { ok: false, detail: `no answer within ${timeoutSeconds} s` };
  const said = lastLine(stderr) ?? lastLine(stdout);
  const detail = `exit code ${exitCode}${exitCode === 0 || said === undefined ? '' : `: ${said}`}`;
  return { ok: exitCode === 0, detail };
}

/** The port of the probe, which is what the role names, even where the host reaches it through another one. */
function troubleInWords(error: Error & { code?: string }, port: number): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return `connection refused on port ${port}: nothing listens`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `connection on port ${port} closed before the answer was complete`;
    default:
      return `no answer on port ${port}: ${error.message}`;
  }
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1)?.trim().slice(0, 200) || undefined;
}
