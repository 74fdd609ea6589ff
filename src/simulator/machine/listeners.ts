/** Ports of simulated services: real listeners on loopback, each on a free port of its own. */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Clock } from '../../clock.ts';
import { held } from '../time/event-clock.ts';
import type { ServiceDescription } from './description.ts';

type Answer = {
  readonly status: number;
  readonly body?: string | undefined;
  readonly takes_ms?: number | undefined;
};
type Listen = NonNullable<ServiceDescription['listens']>[number];

/** tcpmux(1): nobody offers it, so that a connection is refused as on a port where nothing listens. */
const closedPort = 1;

export class Listeners {
  readonly #clock: Clock;
  /** By the port that the service believes to listen on. */
  readonly #open = new Map<number, { server: net.Server; port: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  reach(port: number): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#open.get(port)?.port ?? closedPort };
  }

  /** Connections that are open to these ports, all from outside as far as the machine can tell. */
  async connections(ports: readonly number[]): Promise<number> {
    const counts = ports.map(
      (port) =>
        new Promise<number>((resolve) => {
          const open = this.#open.get(port);
          if (open === undefined) resolve(0);
          else open.server.getConnections((_error, count) => resolve(count ?? 0));
        }),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  async open(listen: Listen): Promise<void> {
    const server = listen.answers === undefined ? tcp() : web(listen.answers, this.#clock);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    // A rehearsal that was left in the middle is not kept alive by its services.
    server.unref();
    this.#open.set(listen.port, { server, port: (server.address() as AddressInfo).port });
  }

  async close(listen: Listen): Promise<void> {
    const open = this.#open.get(listen.port);
    this.#open.delete(listen.port);
    if (open === undefined) return;
    await new Promise<void>((resolve) => {
      open.server.close(() => resolve());
      if (open.server instanceof http.Server) open.server.closeAllConnections();
    });
  }
}

function tcp(): net.Server {
  return net.createServer((socket) => socket.on('error', () => undefined).end());
}

function web(answers: NonNullable<Listen['answers']>, clock: Clock): http.Server {
  return http.createServer(async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer: Answer =
      typeof answers === 'number' ? { status: answers } : (answers[path] ?? { status: 404 });
    const { status, body = '' } = answer;
    if (answer.takes_ms !== undefined) await held(clock, response, clock.sleep(answer.takes_ms));
    response.writeHead(status, { 'content-type': 'text/plain', server: 'simulated' });
    response.end(body);
  });
}
