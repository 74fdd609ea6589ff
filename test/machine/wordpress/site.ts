/** A browser for one WordPress site behind a load balancer that ends TLS: it keeps cookies, and says who it asks for. */
import type { Response } from '../cloud/books.ts';
import type { Instance } from '../instances.ts';

export const siteName = 'shop.example.com';
export const client = '203.0.113.7';
/** What an Application Load Balancer adds; the first address is one that the client made up. */
export const forwarded = {
  host: siteName,
  'x-forwarded-for': `198.51.100.1, ${client}`,
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '443',
};

export class Browser {
  readonly #cookies = new Map<string, string>();

  /** Asks one node, as the load balancer would that chose it. */
  async get(node: Instance, path: string): Promise<Response> {
    return this.#ask(node, path, {});
  }

  /** A form that was filled in. */
  async post(
    node: Instance,
    path: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<Response> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.#ask(node, path, type, new URLSearchParams(fields).toString());
  }

  /** A body of the caller's own, by POST. */
  async send(
    node: Instance,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<Response> {
    return this.#ask(node, path, headers, body);
  }

  async #ask(
    node: Instance,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await node.request({
      port: 80,
      path,
      headers: {
        ...forwarded,
        ...(cookie !== '' && { cookie }),
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
      ...(body !== undefined && { method: 'POST', body }),
    });
    for (const line of [response.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = line.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  }
}
