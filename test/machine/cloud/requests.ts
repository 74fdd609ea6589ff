/** Requests that the tests let the cloud send: to a machine, as a load balancer would, and to EC2, as a tool would. */
import http from 'node:http';
import { simulatedCredentials } from '../../../src/simulator/metadata/instance.ts';
import type { Page, Request, Response } from './books.ts';

/** Not by fetch: it follows redirects, and chooses the header Host by itself. */
export function sent(
  host: string,
  { port, path, method, headers, body }: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port,
      path,
      agent: false,
      ...(method && { method }),
      headers: { ...headers },
    };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A request to EC2 as a tool would send it, but for the signature, which nobody computes here. */
export async function requested(
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<Page> {
  const { accessKeyId, sessionToken } = simulatedCredentials;
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ Version: '2016-11-15', ...fields }),
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/eu-west-1/ec2/aws4_request`,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      'x-amz-security-token': sessionToken,
    },
  });
  return { status: response.status, body: await response.text() };
}
