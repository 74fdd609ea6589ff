/** Servers of the identity tests that are no metadata service: raw ones, and ports without any. */
import net, { type AddressInfo } from 'node:net';
import { closeLater } from './instance.ts';

/** A raw TCP server on loopback. */
export async function rawServer(onConnection: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An origin on which nothing listens. */
export async function closedPort(): Promise<string> {
  const server = net.createServer();
  // Below the range for outgoing connections nobody takes it meanwhile; found by trying.
  for (let port = 17_000 + (process.pid % 2000); ; port += 1) {
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}`;
  }
}
