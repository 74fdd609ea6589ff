/** A name server for the hub: the names of AWS lead to one address, and nothing else has one. */
import type { Socket } from 'node:dgram';

const typeA = 1;
const headerLength = 12;

/** Answers questions for names that match with `address`, all others with NXDOMAIN (RFC 1035). */
export function nameServer(socket: Socket, address: string, names: RegExp): void {
  socket.on('message', (query, from) => {
    const { name, type, end } = questionIn(query);
    const known = names.test(name);
    const answers = known && type === typeA ? [answer(address)] : [];
    const header = Buffer.alloc(headerLength);
    query.copy(header, 0, 0, 2);
    // Response, recursion desired and available; no error or name error.
    header.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const reply = Buffer.concat([header, query.subarray(headerLength, end), ...answers]);
    socket.send(reply, from.port, from.address);
  });
  socket.bind(53, address);
}

function questionIn(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = headerLength;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** One A record: the name by a pointer to the question, class IN, a minute to live. */
function answer(address: string): Buffer {
  const fixed = Buffer.from([0xc0, headerLength, 0, typeA, 0, 1, 0, 0, 0, 60, 0, 4]);
  return Buffer.concat([fixed, Buffer.from(address.split('.').map(Number))]);
}
