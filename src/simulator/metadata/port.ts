/** Ports on loopback: listening, and a port that is known before anything listens on it. */
import { randomInt } from 'node:crypto';
import net from 'node:net';

/** Resolves when the server listens; rejects where the port is taken. */
export function listen(server: net.Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * A port on which nothing listens now. Chosen below Linux' range for outgoing connections (ip_local_port_range, ip(7):
 * 32768 and up), so that no connection takes it meanwhile, and no client that tries it early connects to itself.
 */
export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const probe = net.createServer();
    try {
      await listen(probe, host, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
      throw error;
    }
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
