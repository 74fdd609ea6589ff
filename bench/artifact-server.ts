/** The loopback server of the artifact bench, in a process of its own so that its cost is nobody's. */
import { createReadStream, statSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const server = http.createServer((request, answer) => {
  const file = join(folder, request.url ?? '');
  answer.writeHead(200, { etag: '"bench"', 'content-length': statSync(file).size });
  createReadStream(file, { highWaterMark: 1 << 20 }).pipe(answer);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
