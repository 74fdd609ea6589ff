/** Probes and a host for tests of the health gate. */
import type { Host } from '../../src/host/host.ts';
import type { CommandProbe, HttpProbe, TcpProbe } from '../../src/plan/plan.ts';

const timing = { intervalSeconds: 0.02, timeoutSeconds: 1, successes: 1, deadlineSeconds: 10 };

export function http(port: number, more: Partial<HttpProbe> = {}): HttpProbe {
  const id = `http:${port}`;
  return { kind: 'http', id, port, path: '/', host: 'localhost', codes: '200', ...timing, ...more };
}

export function tcp(port: number, more: Partial<TcpProbe> = {}): TcpProbe {
  return { kind: 'tcp', id: `tcp:${port}`, port, ...timing, ...more };
}

export function command(
  argv: CommandProbe['argv'],
  more: Partial<CommandProbe> = {},
): CommandProbe {
  return { kind: 'command', id: `command:${argv[0]}`, argv, ...timing, ...more };
}

/** A host whose ports are reached on loopback, those in `moved` under another number. */
export function host(run?: Host['run'], moved: ReadonlyMap<number, number> = new Map()): Host {
  return {
    reach: (port: number) => ({ host: '127.0.0.1', port: moved.get(port) ?? port }),
    run: run ?? (() => Promise.reject(new Error('no command was expected'))),
  } as unknown as Host;
}
